/** Bar charts as SVG that reads on light and on dark pages: no background, mid-tone text. */

import { BarChart } from 'echarts/charts';
import { GridComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { sameSvg } from '../../../mininet/report/same-svg.js';

use([BarChart, GridComponent, TitleComponent, SVGRenderer]);

export interface Bar {
  label: string;
  value: number;
  /** What stands at the end of the bar. */
  text: string;
}

const INK = '#7a828e';
const FILL = '#3f83f8';

/** Horizontal bars, the first on top. `scale: 'log'` for figures that are orders of magnitude apart. */
export function barChart(title: string, bars: Bar[], scale: 'linear' | 'log' = 'linear'): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 760, height: 90 + 34 * bars.length });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: 'sans-serif', color: INK },
    title: { text: title, textStyle: { color: INK, fontSize: 15 } },
    grid: { left: 170, right: 110, top: 45, bottom: 30 },
    xAxis: {
      type: scale === 'log' ? 'log' : 'value',
      splitNumber: 4,
      axisLabel: { color: INK },
      splitLine: { lineStyle: { color: INK, opacity: 0.25 } },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map(bar => bar.label),
      axisLabel: { color: INK, fontSize: 13 },
    },
    series: [
      {
        type: 'bar',
        itemStyle: { color: FILL },
        label: {
          show: true,
          position: 'right',
          color: INK,
          formatter: ({ dataIndex }: { dataIndex: number }) => bars[dataIndex]!.text,
        },
        data: bars.map(bar => bar.value),
      },
    ],
  });
  // A title for screen readers, as the first child.
  const svg = chart.renderToSVGString().replace('>', `><title>${title}</title>`);
  chart.dispose();
  return `${sameSvg(svg)}\n`;
}
