/** Plots of buckets over time, drawn by uPlot: how they look, and what they have in common. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { hourAndMinute } from './time';

export const HEIGHT = 168;
const AXIS_WIDTH = 54;
const AXIS_HEIGHT = 26;
const FONT_PX = 13;
const BAR_SHARE = 0.72;
const BAR_MAX_PX = 60;
/** What is there at all is drawn at least this high, as a share of the plot. */
export const SEEN_SHARE = 0.03;

export interface Colours {
  ink: string;
  soft: string;
  line: string;
  delivered: string;
  failed: string;
}

/** The colours of the page at this moment, as a canvas takes them: light or dark is settled. */
export function coloursOf(element: HTMLElement): Colours {
  const probe = element.appendChild(document.createElement('span'));
  const read = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    ink: read('--ink'),
    soft: read('--soft'),
    line: read('--line'),
    delivered: read('--green-lamp'),
    failed: read('--red-lamp'),
  };
  probe.remove();
  return colours;
}

export interface Drawing {
  colours: Colours;
  series: uPlot.Series[];
  /** From the first bucket's start to the last one's end, in milliseconds. */
  extent: () => [number, number];
  /** The lowest end that the vertical axis may have. */
  topMin: number;
  steps?: number[];
  valueWords: (value: number) => string;
  /** Which bucket the cursor is at, or null when it has left. */
  onCursor: (index: number | null) => void;
  syncKey: string;
}

/** One plot in an element; what it is given to draw comes by `setData`. */
export function plotIn(element: HTMLElement, drawing: Drawing): uPlot {
  const { colours } = drawing;
  const font = `${FONT_PX}px ${getComputedStyle(element).fontFamily}`;
  const axis = { font, stroke: colours.soft, gap: 6, ticks: { show: false } };
  return new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      ms: 1,
      padding: [10, 20, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { show: false },
        sync: { key: drawing.syncKey },
        move: (plot, left, top) => [left < 0 ? left : plot.valToPos(nearest(plot, left), 'x'), top],
      },
      scales: {
        x: { time: true, range: drawing.extent },
        y: { range: (_, __, max) => [0, Math.max(max, drawing.topMin) * 1.06] },
      },
      axes: [
        {
          ...axis,
          size: AXIS_HEIGHT,
          space: 64,
          grid: { show: false },
          values: (_, at) => at.map(hourAndMinute),
        },
        {
          ...axis,
          size: AXIS_WIDTH,
          space: 30,
          grid: { stroke: colours.line, width: 1 },
          values: (_, values) => values.map(drawing.valueWords),
          ...(drawing.steps === undefined ? {} : { incrs: drawing.steps }),
        },
      ],
      series: [{}, ...drawing.series],
      hooks: { setCursor: [(plot) => drawing.onCursor(plot.cursor.idx ?? null)] },
    },
    [[], ...drawing.series.map(() => [])] as unknown as uPlot.AlignedData,
    element,
  );
}

export const bars = (colour: string): uPlot.Series => ({
  fill: colour,
  width: 0,
  points: { show: false },
  paths: uPlot.paths.bars?.({ size: [BAR_SHARE, BAR_MAX_PX] }) as uPlot.Series.PathBuilder,
});

export const line = (colour: string, dash: number[]): uPlot.Series => ({
  stroke: colour,
  width: 2,
  dash,
  spanGaps: false,
  points: { show: true, size: 5, fill: colour, width: 0 },
});

function nearest(plot: uPlot, left: number): number {
  return plot.data[0][plot.posToIdx(left)] ?? 0;
}
