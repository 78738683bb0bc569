import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { type Clamd, createClamd } from '../../../infra/local/parts/clamd.ts'
import { createClamd as createScanner } from '../../../lib/media/scan/clamd.ts'
import { makeAudio } from '../../support/audio.ts'

// Written in halves, so that no scanner of this machine takes this file for the test virus.
const eicar = `X5O!P%@AP[4\\PZX54(P^)7CC)7}$${'EICAR-STANDARD-ANTIVIRUS-TEST-FILE'}!$H+H*`

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
let dataDir: string
let clamd: Clamd

beforeAll(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'veza-clamd-test-'))
  clamd = createClamd({ dataDir, logger })
  await clamd.start()
})
afterAll(async () => {
  await clamd.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const scan = (...parts: (Buffer | string)[]) =>
  createScanner({ socketPath: clamd.socket }).scan(
    (async function* () {
      for (const part of parts) yield Buffer.from(part)
    })(),
  )

it('says with which definitions it runs', () => {
  expect(clamd.status).toEqual({ state: 'running', detail: 'with test signatures only (EICAR)' })
})

it('finds the test virus in the middle of a sound file, and nothing in a clean one', async () => {
  const wav = await makeAudio('wav')

  const clean = await scan(wav)
  const infected = await scan(wav.subarray(0, 50_000), eicar, wav.subarray(50_000))

  expect(clean).toEqual({ verdict: 'clean' })
  expect(infected).toMatchObject({ verdict: 'infected', signature: expect.stringContaining('Eicar') })
})

it('is gone when it is stopped and back when it is started', async () => {
  await clamd.stop()
  const stopped = clamd.status
  await expect(scan('x')).rejects.toThrow()

  await clamd.start()

  expect(stopped).toEqual({ state: 'stopped' })
  expect(await scan('x')).toEqual({ verdict: 'clean' })
})

it('says by what it was ended, and can be started again', async () => {
  process.kill(Number(readFileSync(path.join(dataDir, 'clamav/clamd.pid'), 'utf8')), 'SIGKILL')
  while (clamd.status.state === 'running') await setImmediate()
  const killed = clamd.status

  await clamd.start()

  expect(killed).toEqual({ state: 'failed', detail: 'clamd was ended by SIGKILL.' })
  expect(await scan('x')).toEqual({ verdict: 'clean' })
})

it('says what to do where it cannot be had, and does not fail', async () => {
  const absent = createClamd({ dataDir, logger, searchPath: ['/nowhere'] })

  await absent.start()

  expect(absent.status).toMatchObject({
    state: 'unavailable',
    detail: expect.stringContaining('apt-get install clamav-daemon'),
  })
})
