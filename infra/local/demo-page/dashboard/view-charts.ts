import { byId } from '../dom.ts'
import { formatTime } from '../format.ts'
import { clearChart, drawChart, followWidth } from './charts.ts'
import { formatCount, formatDay, formatMoney, formatShare, formatShort } from './figures.ts'
import type { Dashboard, Retention } from './wire.ts'

for (const id of ['series', 'retention', 'sales']) followWidth(byId(id))

const secondsOf = (at: string) => Date.parse(at) / 1_000

export function drawCharts({ series, retention, sales, top_tracks, range }: Dashboard): void {
  drawSeries(series)
  drawRetention(retention, top_tracks.find(({ track_id }) => track_id === retention?.track_id)?.title)
  drawSales(sales, range)
}

function drawSeries(series: Dashboard['series']): void {
  const plays = series.map(({ play_count }) => play_count)
  const best = series[plays.indexOf(Math.max(...plays))]
  if (!best || best.play_count === 0) {
    clearChart(byId('series'), 'Nobody has listened in this time.')
    return
  }
  drawChart(byId('series'), {
    summary: `Plays by day; most on ${formatDay(best.at)}, ${best.play_count}`,
    x: series.map(({ at }) => secondsOf(at)),
    axis: 'time',
    lines: [
      { label: 'Plays', colour: '--accent', values: plays, isFilled: true },
      {
        label: 'Listeners',
        colour: '--good',
        values: series.map(({ listener_count }) => listener_count),
      },
    ],
    formatX: formatDay,
    formatY: formatShort,
  })
}

function drawRetention(retention: Retention | null, title: string | null | undefined): void {
  byId('retention-line').textContent = retention
    ? `${title ?? 'A track that is gone'}, ${formatCount(retention.listen_count)} listenings`
    : ''
  if (!retention) {
    clearChart(byId('retention'), 'From five listenings of a track on.')
    return
  }
  const { points } = retention
  drawChart(byId('retention'), {
    summary: `Of all who began, ${formatShare(points.at(-1)?.share ?? 0)} hear the end`,
    x: points.map(({ from_ms }) => from_ms / 1_000),
    axis: 'position',
    lines: [
      {
        label: 'Still listening',
        colour: '--accent',
        values: points.map(({ share }) => share),
        isFilled: true,
      },
    ],
    formatX: formatTime,
    formatY: formatShare,
    most: 1,
  })
}

/** Of the currency with most sales: amounts of several are not added up. */
function drawSales({ totals, by_day }: Dashboard['sales'], range: Dashboard['range']): void {
  const [main] = totals.toSorted((a, b) => b.sale_count - a.sale_count)
  byId('sales-line').textContent = main
    ? `${formatMoney(main.earned_amount, main.currency)} earned by ${formatCount(main.sale_count)} sales`
    : ''
  if (!main) {
    clearChart(byId('sales'), 'Nothing was sold in this time.')
    return
  }
  const { currency } = main
  const earned = new Map(
    by_day.filter((one) => one.currency === currency).map(({ day, earned_amount }) => [day, earned_amount]),
  )
  const days = daysOf(range)
  drawChart(byId('sales'), {
    summary: `Earned by day in ${currency.toUpperCase()}`,
    x: days.map(secondsOf),
    axis: 'time',
    lines: [
      { label: 'Earned', colour: '--good', values: days.map((day) => earned.get(day) ?? 0), isBars: true },
    ],
    formatX: formatDay,
    formatY: (amount) => formatMoney(amount, currency),
  })
}

const dayMs = 86_400_000

function daysOf({ from, day_count }: Dashboard['range']): string[] {
  const first = Date.parse(from)
  return Array.from({ length: day_count }, (_, day) =>
    new Date(first + day * dayMs).toISOString().slice(0, 10),
  )
}
