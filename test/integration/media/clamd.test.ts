import { createClamd } from '../../../lib/media/scan/clamd.ts'
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
  const beyond = { verdict: 'too_large', found: 'Heuristics.Limits.Exceeded.MaxFileSize' }
  expect(await scan(long)).toEqual(beyond)
  expect(await scan(Buffer.concat([long, eicar(clean)]))).not.toMatchObject({ verdict: 'clean' })
})

test('a locked archive is not clean, for nobody can look into it', async () => {
  const verdict = await scan(lockedArchive('EICAR.COM'))
  expect(verdict).toEqual({ verdict: 'unsupported', found: 'Heuristics.Encrypted.Zip' })
})

test('scans several files at the same time', async () => {
  const verdicts = await Promise.all([clean, eicar(clean), clean, eicar(clean)].map((bytes) => scan(bytes)))
  expect(verdicts.map(({ verdict }) => verdict)).toEqual(['clean', 'infected', 'clean', 'infected'])
})

/** A zip of one entry that says of itself that it is encrypted. */
function lockedArchive(name: string): Buffer {
  const body = Buffer.alloc(64, 7)
  const fields = (bytes: readonly (readonly [number, 2 | 4])[]) => {
    const parts = bytes.map(([value, size]) => {
      const part = Buffer.alloc(size)
      part.writeUIntLE(value, 0, size)
      return part
    })
    return Buffer.concat(parts)
  }
  const isEncrypted = 1
  const common = [
    [20, 2],
    [isEncrypted, 2],
    [0, 2],
    [0, 4],
    [0, 4],
    [body.length, 4],
    [body.length - 12, 4],
    [name.length, 2],
    [0, 2],
  ] as const
  const local = Buffer.concat([fields([[0x04034b50, 4], ...common]), Buffer.from(name), body])
  const rest = [
    [0, 2],
    [0, 2],
    [0, 2],
    [0, 4],
    [0, 4],
  ] as const
  const central = Buffer.concat([fields([[0x02014b50, 4], [20, 2], ...common, ...rest]), Buffer.from(name)])
  const end = fields([
    [0x06054b50, 4],
    [0, 2],
    [0, 2],
    [1, 2],
    [1, 2],
    [central.length, 4],
    [local.length, 4],
    [0, 2],
  ])
  return Buffer.concat([local, central, end])
}
