import { createClamd } from '../../../lib/media/clamd.ts'
import { eicar, makeAudio } from '../../support/audio.ts'
import { useClamd } from '../../support/clamd.ts'

const clamav = useClamd({ MaxFileSize: '200000' })
const clean = await makeAudio('wav', { seconds: 1 })
const long = await makeAudio('wav', { seconds: 3 })

async function* inPieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const scan = (bytes: Buffer, size = 65_536) =>
  createClamd({ socketPath: clamav.socketPath }).scan(inPieces(bytes, size))

test('a real clamd is there', async () => {
  await expect(createClamd({ socketPath: clamav.socketPath }).ping()).resolves.toBeUndefined()
})

test.each([1_000, 65_536, 1_048_576])('finds the test string in pieces of %i bytes', async (size) => {
  expect(await scan(clean, size)).toEqual({ verdict: 'clean' })
  expect(await scan(eicar(clean), size)).toEqual({
    verdict: 'infected',
    signature: expect.stringContaining('Eicar'),
  })
})

test('a file beyond the limits is never clean, infected or not', async () => {
  const beyond = { verdict: 'over_limit', limit: 'Heuristics.Limits.Exceeded.MaxFileSize' }
  expect(await scan(long)).toEqual(beyond)
  expect(await scan(Buffer.concat([long, eicar(clean)]))).not.toMatchObject({ verdict: 'clean' })
})

test('scans several files at the same time', async () => {
  const verdicts = await Promise.all([clean, eicar(clean), clean, eicar(clean)].map((bytes) => scan(bytes)))
  expect(verdicts.map(({ verdict }) => verdict)).toEqual(['clean', 'infected', 'clean', 'infected'])
})
