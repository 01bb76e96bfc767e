/** Line charts as SVG that reads on light and on dark pages: no background, mid-tone text and lines. */
import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { sameSvg } from '../../report/same-svg.js';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

export interface Line {
  label: string;
  /** `low` and `high`: the spread, drawn as a thin upright line. */
  points: readonly { x: number | string; y: number; low?: number; high?: number }[];
  /** What the paper gives: dashed, in the colour of text. */
  isPaper?: boolean;
}

export interface LineChartOptions {
  title: string;
  x: { title: string; scale: 'log' | 'linear' | 'category'; values: readonly (number | string)[] };
  y: { title: string; scale: 'log' | 'linear' };
  lines: readonly Line[];
}

const INK = '#7a828e';
const COLOURS = ['#3f83f8', '#e07b28', '#2fa36b', '#b45fd6', '#d6455d', '#9a8b1f', '#1f9fb0', '#8a6d5a'];

export function lineChart({ title, x, y, lines }: LineChartOptions): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 760, height: 420 + 12 * lines.length });
  const isCategory = x.scale === 'category';
  const at = (value: number | string) => (isCategory ? String(value) : Number(value));
  const axis = {
    nameLocation: 'middle',
    nameTextStyle: { color: INK },
    axisLabel: { color: INK },
    axisLine: { lineStyle: { color: INK } },
    splitLine: { lineStyle: { color: INK, opacity: 0.2 } },
  };
  let paperLines = 0;
  const series = lines.flatMap((line, index) => {
    const color = line.isPaper ? INK : COLOURS[index % COLOURS.length]!;
    const main = {
      type: 'line',
      name: line.label,
      color,
      symbolSize: line.isPaper ? 0 : 7,
      symbol: 'circle',
      lineStyle: { width: 2, type: line.isPaper ? (paperLines++ % 2 === 0 ? 'dashed' : 'dotted') : 'solid' },
      data: line.points.map(point => [at(point.x), point.y]),
    };
    const spreads = line.points
      .filter(({ low, high }) => low !== undefined && high !== undefined && low < high)
      .map(point => ({
        type: 'line',
        color,
        symbol: 'none',
        lineStyle: { width: 1, opacity: 0.7 },
        data: [
          [at(point.x), point.low],
          [at(point.x), point.high],
        ],
      }));
    return [main, ...spreads];
  });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: 'sans-serif', color: INK },
    title: { text: title, textStyle: { color: INK, fontSize: 15 } },
    legend: { bottom: 0, itemGap: 24, data: lines.map(line => line.label), textStyle: { color: INK } },
    grid: { left: 75, right: 30, top: 50, bottom: 80 + 12 * lines.length },
    xAxis: {
      ...axis,
      type: isCategory ? 'category' : x.scale === 'log' ? 'log' : 'value',
      name: x.title,
      nameGap: 28,
      ...(isCategory ? { data: x.values.map(String) } : { min: 'dataMin', max: 'dataMax' }),
    },
    yAxis: { ...axis, type: y.scale === 'log' ? 'log' : 'value', name: y.title, nameGap: 55 },
    series,
  });
  // A title for screen readers, as the first child.
  const svg = chart.renderToSVGString().replace('>', `><title>${title}</title>`);
  chart.dispose();
  return `${sameSvg(svg)}\n`;
}
