import type { BridgeFacts, ControllerFacts, Facts } from '../facts/facts.js';
import { type Check, type Opinion, ok } from '../finding.js';

function ofEach(facts: Facts, say: (bridge: BridgeFacts) => Opinion[]): Opinion[] {
  return 'error' in facts.database ? [] : facts.database.bridges.flatMap(say);
}

export const controllerSet: Check = {
  id: 'controller-set',
  run: facts =>
    ofEach(facts, ({ name, controllers, attached }) => {
      if (controllers.length > 0) {
        const targets = controllers.map(({ target }) => target).join(', ');
        return [ok(`the bridge's controller is ${targets}${attached ? ', set by attach' : ''}`, name)];
      }
      return [
        {
          status: 'problem',
          subject: name,
          finding: 'the bridge has no controller',
          explanation: 'Nobody tells it what to do with packets.',
          mend: `\`cloakflow attach ${name} --controller tcp:ADDRESS:PORT\`.`,
        },
      ];
    }),
};

export const controllerConnected: Check = {
  id: 'controller-connected',
  run: facts =>
    ofEach(facts, bridge =>
      bridge.controllers.map(controller =>
        controller.isConnected
          ? ok(`connected to ${controller.target}${roleText(controller.role)}`, bridge.name)
          : disconnected(bridge, controller, facts),
      ),
    ),
};

function roleText(role: string | undefined): string {
  if (role === undefined) return '';
  return role === 'other' ? ' (role equal)' : ` (role ${role})`;
}

function disconnected(bridge: BridgeFacts, controller: ControllerFacts, facts: Facts): Opinion {
  const { target, lastError, state } = controller;
  const says = lastError === undefined ? '' : ` (ovs-vswitchd: ${lastError})`;
  const finding = `not connected to ${target}${says}`;
  const problem = (explanation: string, mend: string): Opinion => ({
    status: 'problem',
    subject: bridge.name,
    finding,
    explanation,
    mend,
  });
  const passive = /^p(tcp|ssl|unix):/.test(target);
  if (passive) {
    return {
      ...problem(
        'The bridge waits for a controller that connects to it; none has.',
        'Name the bridge in the controller’s configuration as a switch to connect to.',
      ),
      status: 'warning',
    };
  }
  if (target.startsWith('ssl:') && !('error' in facts.database) && !facts.database.hasCertificates) {
    return problem(
      'The target is TLS, and Open vSwitch has no certificates: it does not even try.',
      'Set them: `ovs-vsctl set-ssl KEY CERT CA`.',
    );
  }
  switch (controller.probe?.kind) {
    case 'unreachable': {
      const { instead } = controller;
      if (instead !== undefined) {
        return problem(
          `Nobody answers at ${target} (${controller.probe.reason}), but an OpenFlow controller does at ${instead}.`,
          `The port is the wrong one: \`cloakflow attach ${bridge.name} --controller ${instead}\`.`,
        );
      }
      return problem(
        `Nobody answers at ${target} (${controller.probe.reason}).`,
        'Start the controller (`cloakflow run`), or correct address and port: ' +
          `\`cloakflow attach ${bridge.name} --controller TARGET\`.`,
      );
    }
    case 'not-openflow':
      return problem(
        `What answers at ${target} is no OpenFlow controller.`,
        `Correct the port: \`cloakflow attach ${bridge.name} --controller TARGET\`.`,
      );
    case 'openflow':
      return problem(
        `A controller answers at ${target}, yet the bridge has no connection` +
          `${state === 'BACKOFF' ? '; it pauses between attempts' : ''}: the versions may differ, or the controller refuses it.`,
        'Ask again: Open vSwitch writes down its connections every five seconds only. Then see what the controller’s log ' +
          'says of it, and whether the bridge speaks OpenFlow 1.3.',
      );
    default:
      return problem(
        'The bridge keeps trying to connect.',
        'See that the controller runs and that nothing between the two blocks the port.',
      );
  }
}

export const oneController: Check = {
  id: 'one-controller',
  run: facts =>
    ofEach(facts, ({ name, controllers }) => {
      const masters = controllers.filter(({ isConnected, role }) => isConnected && role !== 'slave');
      if (masters.length < 2) return [];
      const targets = masters.map(({ target }) => target).join(' and ');
      return [
        {
          status: 'problem',
          subject: name,
          finding: `${masters.length} controllers steer the bridge at once: ${targets}`,
          explanation:
            'Each takes the other’s flows for mistakes, and both answer the same packets. Only one may be master ' +
            'or equal; the others must be slaves.',
          mend: `Leave one: \`ovs-vsctl set-controller ${name} TARGET\`, or give the others the role slave.`,
        },
      ];
    }),
};

export const controllerAnswers: Check = {
  id: 'controller-answers',
  run({ controller, database }) {
    if (!('error' in controller)) {
      const count = controller.switchIds.length;
      return [
        ok(
          `the controller answers on its admin socket and has ${count} ${count === 1 ? 'switch' : 'switches'}`,
        ),
      ];
    }
    const { message, mend } = controller.error;
    const elsewhere =
      !('error' in database) &&
      database.bridges.some(bridge => bridge.controllers.some(item => item.isConnected));
    if (elsewhere)
      return [ok('no controller answers on this machine’s admin socket; one elsewhere is connected')];
    return [
      {
        status: 'problem',
        finding: message,
        explanation: 'No controller runs here that could serve a bridge.',
        ...(mend === undefined ? {} : { mend }),
      },
    ];
  },
};

export const controllerKnowsBridge: Check = {
  id: 'controller-knows-bridge',
  run: facts => {
    const { controller } = facts;
    if ('error' in controller) return [];
    return ofEach(facts, ({ name, datapathId, controllers }) => {
      if (datapathId === undefined || controllers.length === 0) return [];
      if (controller.switchIds.includes(datapathId)) {
        return [ok(`the running controller has the bridge as ${datapathId}`, name)];
      }
      const connected = controllers.filter(({ isConnected }) => isConnected).map(({ target }) => target);
      return [
        {
          status: 'warning',
          subject: name,
          finding: 'the controller that runs on this machine does not have the bridge',
          explanation:
            connected.length > 0
              ? `The bridge is connected to another controller, at ${connected.join(', ')}.`
              : `The bridge's targets (${controllers.map(({ target }) => target).join(', ')}) may not be where the controller listens.`,
          mend: `Name the address where it listens: \`cloakflow attach ${name} --controller TARGET\`.`,
        },
      ];
    });
  },
};
