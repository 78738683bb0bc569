import uPlot, { type AlignedData, type Options, type Series } from 'uplot'

export interface Line {
  readonly label: string
  /** A custom property of the style sheet. */
  readonly colour: `--${string}`
  readonly values: readonly (number | null)[]
  readonly isFilled?: boolean
  readonly isBars?: boolean
}

export interface Chart {
  /** What is read aloud in place of the drawing. */
  readonly summary: string
  readonly x: readonly number[]
  /** `time` in seconds since 1970, days of UTC. */
  readonly axis: 'time' | 'position'
  readonly lines: readonly Line[]
  readonly formatX: (x: number) => string
  readonly formatY: (y: number) => string
  /** The top of the scale; left out, what the values ask for. */
  readonly most?: number
}

const height = 220
const drawn = new WeakMap<HTMLElement, uPlot>()

/** Colours of the page are pairs for light and dark, which a canvas cannot read: an element resolves them. */
function resolveColour(name: string): string {
  const probe = document.createElement('i')
  probe.style.color = `var(${name})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

const toSeries = ({ label, colour, isFilled, isBars }: Line, formatY: Chart['formatY']): Series => {
  const stroke = resolveColour(colour)
  return {
    label,
    stroke,
    width: 2,
    spanGaps: false,
    points: { show: false },
    value: (_, value) => (value === null ? '–' : formatY(value)),
    ...((isFilled || isBars) && { fill: stroke.replace(/rgb\((.*)\)/, 'rgba($1, 0.18)') }),
    ...(isBars && uPlot.paths.bars && { paths: uPlot.paths.bars({ size: [0.7, 40] }) }),
  }
}

/** Draws it into the element, in place of what was there; again when its width or the colours change. */
export function drawChart(target: HTMLElement, chart: Chart): void {
  drawn.get(target)?.destroy()
  const quiet = resolveColour('--quiet')
  const line = resolveColour('--line')
  const axis = {
    stroke: quiet,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
    font: '12px system-ui',
  }
  const options: Options = {
    width: Math.max(target.clientWidth, 240),
    height,
    padding: [12, 12, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
    scales: {
      x: { time: chart.axis === 'time' },
      y: { range: (_, __, most) => [0, chart.most ?? Math.max(most * 1.08, 1)] },
    },
    axes: [
      { ...axis, grid: { show: false }, values: (_, splits) => splits.map(chart.formatX) },
      { ...axis, size: 64, values: (_, splits) => splits.map(chart.formatY) },
    ],
    series: [
      {
        label: chart.axis === 'time' ? 'Day' : 'At',
        value: (_, value) => (value === null ? '–' : chart.formatX(value)),
      },
      ...chart.lines.map((one) => toSeries(one, chart.formatY)),
    ],
    cursor: { y: false, points: { size: 8 } },
  }
  const data = [chart.x, ...chart.lines.map(({ values }) => values)] as unknown as AlignedData
  target.replaceChildren()
  target.setAttribute('role', 'img')
  target.setAttribute('aria-label', chart.summary)
  drawn.set(target, new uPlot(options, data, target))
}

/** Keeps what was drawn as wide as its place. */
export const followWidth = (target: HTMLElement): void =>
  new ResizeObserver(() => {
    const width = target.clientWidth
    const chart = drawn.get(target)
    if (chart && width > 0 && chart.width !== width) chart.setSize({ width, height })
  }).observe(target)

export function clearChart(target: HTMLElement, why: string): void {
  drawn.get(target)?.destroy()
  drawn.delete(target)
  target.removeAttribute('role')
  target.removeAttribute('aria-label')
  const text = document.createElement('p')
  text.className = 'quiet empty'
  text.textContent = why
  target.replaceChildren(text)
}
