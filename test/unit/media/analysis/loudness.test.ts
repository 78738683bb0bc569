import { parseLoudness } from '../../../../lib/media/analysis/loudness.ts'

const summary = (i: string, lra: string, peak: string) => `
size=   33750kB time=00:03:00.00
[Parsed_ebur128_0 @ 0x308] Summary:

  Integrated loudness:
    I:         ${i} LUFS
    Threshold: -35.3 LUFS

  Loudness range:
    LRA:         ${lra} LU
    Threshold: -45.3 LUFS
    LRA low:   -25.3 LUFS
    LRA high:  -25.2 LUFS

  True peak:
    Peak:      ${peak} dBFS
`

test.each([
  {
    name: 'an ordinary piece',
    log: summary('-14.2', '6.1', '-0.3'),
    found: { integrated_lufs: -14.2, range_lu: 6.1, true_peak_dbtp: -0.3 },
  },
  {
    name: 'one that clips',
    log: summary('-5.0', '0.1', '1.4'),
    found: { integrated_lufs: -5, range_lu: 0.1, true_peak_dbtp: 1.4 },
  },
  { name: 'silence', log: summary('-70.0', '0.0', '-inf'), found: null },
  { name: 'what is not a number', log: summary('nan', 'nan', 'nan'), found: null },
  { name: 'a log without a summary', log: 'Conversion failed!', found: null },
  { name: 'no log', log: '', found: null },
])('reads what was measured of $name', ({ log, found }) => {
  expect(parseLoudness(log, 60)).toEqual(found)
})

test('believes the summary, and no title that looks like one', () => {
  const log = `title: Summary: I: -1.0 LUFS Peak: 9 dBFS\n${summary('-14.2', '6.1', '-0.3')}`
  expect(parseLoudness(log, 60)).toMatchObject({ integrated_lufs: -14.2, true_peak_dbtp: -0.3 })
})

test('tells no range of less than three seconds', () => {
  expect(parseLoudness(summary('-14.2', '0.0', '-0.3'), 2.9)).toMatchObject({ range_lu: null })
})
