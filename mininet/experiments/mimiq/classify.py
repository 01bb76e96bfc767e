"""Website fingerprinting in a closed world.

    classify.py FOLDS MINIMUM MOST WHOLE FILE...

Each FILE holds the traces of one condition (CSV: site,load,flow,time,size; size is positive from the client). What is classified is
a flow: what an observer sees of one address. Flows of fewer than MINIMUM packets are left out, and of
each site no more than MOST are taken, at random. Prints a JSON list with an object for
each file: accuracy in percent, fold by fold, of k-fingerprinting's random forest (Hayes and Danezis 2016) and of CUMUL (Panchenko
et al. 2016), how many flows there were, and the share of the largest class. Flows of one load are all learnt from or all tested;
there are never more folds than loads of a site. WHOLE is one of the FILEs, or `-`: flows of the others are also classified by what
was learnt from flows of WHOLE alone, of loads that are not tested: by somebody who has never seen a flow of theirs.
"""
import csv
import json
import sys

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

POINTS = 100
CHUNK = 20


def read(path):
    """Flows as (site, load, times, sizes), in the order of the file."""
    flows = {}
    with open(path, newline='', encoding='ascii') as file:
        for row in csv.DictReader(file):
            times, sizes = flows.setdefault((row['site'], row['load'], row['flow']), ([], []))
            times.append(float(row['time']))
            sizes.append(int(row['size']))
    return [(site, load, np.array(times), np.array(sizes)) for (site, load, _), (times, sizes) in flows.items()]


def statistics(values):
    if len(values) == 0:
        return [0.0] * 5
    return [values.max(), values.mean(), values.std(), np.percentile(values, 75), values.sum()]


def k_fingerprint(times, sizes):
    """The features of k-fingerprinting: counts, order, concentration, times, and sizes."""
    out, back = sizes > 0, sizes < 0
    places = np.arange(len(sizes))
    features = [len(sizes), out.sum(), back.sum(), out.mean(), back.mean()]
    features += [sizes[out].sum(), -sizes[back].sum(), np.abs(sizes).sum(), len(np.unique(sizes))]
    for way in (out, back):
        features += [places[way].mean() if way.any() else 0, places[way].std() if way.any() else 0]
        features += statistics(np.diff(times[way]))[:4]
        features += statistics(np.abs(sizes[way]))[:4]
        features += [np.percentile(times[way], quarter) if way.any() else 0 for quarter in (25, 50, 75, 100)]
    features += statistics(np.diff(times))[:4]
    for edge in (out[:30], out[-30:]):
        features += [edge.sum(), len(edge) - edge.sum()]
    chunks = np.array([out[start:start + CHUNK].sum() for start in range(0, len(out), CHUNK)])
    features += statistics(chunks) + [np.median(chunks), chunks.min()]
    features += [chunks[place] if place < len(chunks) else 0 for place in range(20)]
    length = times[-1] or 1e-6
    features += [len(sizes) / length, times[-1]]
    features += list(np.pad(sizes[:20], (0, max(0, 20 - len(sizes)))))
    return features


def cumul(_times, sizes):
    """Counts and sums of both directions, and the running sum at evenly spaced places."""
    out, back = sizes[sizes > 0], sizes[sizes < 0]
    running = np.concatenate([[0], np.cumsum(-sizes)])
    places = np.linspace(0, len(running) - 1, POINTS)
    return [len(back), len(out), -back.sum(), out.sum(), *np.interp(places, np.arange(len(running)), running)]


class Flows:
    """Features, sites and loads of flows, in the same order."""

    def __init__(self, flows, describe):
        self.features = np.array([describe(times, sizes) for _, _, times, sizes in flows], dtype=float)
        self.sites = np.array([site for site, *_ in flows])
        self.loads = np.array([f'{site} {load}' for site, load, *_ in flows])


def accuracies(own, others, folds, make):
    """Fold by fold: learnt from flows of `others` (perhaps `own` again), of loads that are not tested."""
    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=1)
    results = []
    for _, test in splitter.split(own.features, own.sites, own.loads):
        train = ~np.isin(others.loads, own.loads[test])
        model = make().fit(others.features[train], others.sites[train])
        results.append(100 * float((model.predict(own.features[test]) == own.sites[test]).mean()))
    return results


def forest():
    return RandomForestClassifier(n_estimators=300, random_state=1, n_jobs=-1)


def machine():
    return make_pipeline(StandardScaler(), SVC(C=512, gamma='scale'))


def some(flows, most):
    """At most so many flows of each site, the same at every call."""
    random = np.random.default_rng(1)
    taken = {}
    for place in random.permutation(len(flows)):
        of_site = taken.setdefault(flows[place][0], [])
        if len(of_site) < most:
            of_site.append(place)
    return [flows[place] for place in sorted(place for of_site in taken.values() for place in of_site)]


def taken(path, minimum, most):
    return some([flow for flow in read(path) if len(flow[3]) >= minimum], most)


def evaluate(flows, whole, folds):
    """`whole`: flows that are learnt from besides, or none."""
    if not flows:
        return {'flows': 0}
    sites, loads = ([flow[0] for flow in flows], {flow[:2] for flow in flows})
    _, counts = np.unique(sites, return_counts=True)
    folds = min(folds, *(sum(of == site for of, _ in loads) for site in set(sites)))
    result = {'flows': len(flows), 'largest': 100 * float(counts.max() / counts.sum())}
    if folds < 2:
        return result
    for name, describe, make in (('kfp', k_fingerprint, forest), ('cumul', cumul, machine)):
        own = Flows(flows, describe)
        result[name] = accuracies(own, own, folds, make)
        if whole:
            result[f'{name}Whole'] = accuracies(own, Flows(whole, describe), folds, make)
    return result


def main(folds, minimum, most, whole, *files):
    flows = {path: taken(path, int(minimum), int(most)) for path in files}
    results = [evaluate(flows[path], [] if path == whole else flows.get(whole, []), int(folds)) for path in files]
    print(json.dumps(results))


if __name__ == '__main__':
    main(*sys.argv[1:])
