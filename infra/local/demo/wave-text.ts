const eighths = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** Peaks (audiowaveform's JSON, version 2) as rows of block characters, the loudest as high as all rows together. */
export function drawWaveText(
  { data }: { readonly data: readonly number[] },
  { columns, rows }: { readonly columns: number; readonly rows: number },
): string[] {
  const points = Array.from({ length: data.length / 2 }, (_, point) =>
    Math.max(Math.abs(data[2 * point]!), Math.abs(data[2 * point + 1]!)),
  )
  const loudest = points.reduce((most, value) => Math.max(most, value), 1)
  const heights = Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * points.length) / columns)
    const to = Math.max(from + 1, Math.floor(((column + 1) * points.length) / columns))
    const highest = points.slice(from, to).reduce((most, value) => Math.max(most, value), 0)
    return Math.round((highest / loudest) * rows * 8)
  })
  return Array.from({ length: rows }, (_, row) => {
    const below = (rows - 1 - row) * 8
    return heights.map((height) => eighths[Math.max(0, Math.min(8, height - below))]).join('')
  })
}
