import { createWaveforms, overviewPixels } from '../../../../lib/media/analysis/peaks.ts'

const rate = 48_000

function draw(samples: Int16Array, channels = 1) {
  const waveforms = createWaveforms(rate, channels)
  for (let at = 0; at < samples.length; at += 1000 * channels) {
    waveforms.add(samples.subarray(at, at + 1000 * channels))
  }
  return waveforms.finish()
}

test.each([0.02, 0.1, 1, 40, 61.7])('draws %d seconds in 1000 to 2000 points', (seconds) => {
  const samples = new Int16Array(Math.round(seconds * rate)).fill(256)
  const { overview, detail } = draw(samples)
  expect(overview.length).toBeLessThanOrEqual(overviewPixels.most)
  expect(overview.length).toBeGreaterThanOrEqual(Math.min(overviewPixels.least, samples.length))
  expect(overview.data).toHaveLength(2 * overview.length)
  expect(overview.length).toBe(Math.ceil(samples.length / overview.samples_per_pixel))
  expect(detail).toMatchObject({ samples_per_pixel: 2400, length: Math.ceil(samples.length / 2400) })
  expect(detail.data).toEqual(new Array(2 * detail.length).fill(1))
})

test('tells the least and the largest sample of each point, as eight bits', () => {
  const samples = new Int16Array(2 * 2400)
  samples[7] = 32_767
  samples[9] = -32_768
  samples[2400] = -300
  expect(draw(samples).detail.data).toEqual([-128, 127, -2, 0])
})

test('keeps what stands out, however long the piece', () => {
  const samples = new Int16Array(60 * rate)
  samples[30 * rate] = 32_767
  samples[30 * rate + 1] = -32_768
  const { overview } = draw(samples)
  expect([Math.min(...overview.data), Math.max(...overview.data)]).toEqual([-128, 127])
  const at = overview.data.indexOf(127)
  expect(((at >> 1) * overview.samples_per_pixel) / rate).toBeCloseTo(30, 0)
})

test('lays channels over each other: what cancels itself out is seen', () => {
  const samples = Int16Array.from({ length: 2 * 2400 }, (_, at) => (at % 2 === 0 ? 12_800 : -12_800))
  expect(draw(samples, 2).detail).toMatchObject({ channels: 1, length: 1, data: [-50, 50] })
})

test('draws nothing of nothing', () => {
  expect(draw(new Int16Array())).toMatchObject({ overview: { length: 0, data: [] }, detail: { length: 0 } })
})
