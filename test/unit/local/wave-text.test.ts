import { drawWaveText } from '../../../infra/local/demo/wave-text.ts'

/** Points of these heights, as pairs of least and largest. */
const peaks = (...heights: number[]) => ({ data: heights.flatMap((height) => [-height, height]) })

test('draws the loudest to the top and silence not at all', () => {
  expect(drawWaveText(peaks(0, 64, 128), { columns: 3, rows: 2 })).toEqual(['  █', ' ██'])
})

test('a quiet track fills the rows as a loud one does, in eighths of a row', () => {
  expect(drawWaveText(peaks(1, 2, 4), { columns: 3, rows: 1 })).toEqual(['▂▄█'])
})

test('keeps the highest of the points that share a column, and repeats them where there are fewer', () => {
  expect(drawWaveText(peaks(1, 8, 1, 4), { columns: 2, rows: 1 })).toEqual(['█▄'])
  expect(drawWaveText(peaks(8, 4), { columns: 4, rows: 1 })).toEqual(['██▄▄'])
})

test('draws nothing of nothing', () => {
  expect(drawWaveText(peaks(0, 0), { columns: 2, rows: 1 })).toEqual(['  '])
  expect(drawWaveText({ data: [] }, { columns: 2, rows: 1 })).toEqual(['  '])
})
