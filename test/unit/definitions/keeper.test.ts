import { mkdtemp, readdir, readlink, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { canary, canarySignature, versionOfCanary } from '../../../lib/definitions/canary.ts'
import { createDefinitionKeeper } from '../../../lib/definitions/keeper.ts'
import { fileKey, manifestKey } from '../../../lib/definitions/manifest.ts'
import { createSets } from '../../../lib/definitions/sets.ts'
import { createClamd, ScannerUnavailable } from '../../../lib/media/scan/clamd.ts'
import { eicar, makeAudio } from '../../support/audio.ts'
import { startClamd } from '../../support/clamd.ts'
import { createMemoryDefinitions } from '../../support/definition-store.ts'

type TestClamd = Awaited<ReturnType<typeof startClamd>>

let engine: TestClamd
const store = createMemoryDefinitions()
const minute = 60_000

beforeEach(async () => {
  engine = await startClamd()
  store.objects.clear()
  store.downloaded.length = 0
}, 30_000)
afterEach(() => engine.remove())

const directory = () => engine.environment.DEFINITIONS_DIRECTORY!
const scanner = () => createClamd({ socketPath: engine.socketPath, startPatienceMs: 5_000 })

/** An execution environment with a clock of its own. */
function environment({ clamd = scanner(), reloadPatienceMs = 20_000 } = {}) {
  let now = new Date()
  const keeper = createDefinitionKeeper({
    store,
    clamd,
    sets: createSets({ directory: directory(), bundled: engine.environment.BUNDLED_DEFINITIONS! }),
    now: () => now,
    reloadPatienceMs,
  })
  return {
    ...keeper,
    pass: (ms: number) => {
      now = new Date(now.getTime() + ms)
    },
  }
}

const signature = (name: string, text: string) => `${name}:0:*:${Buffer.from(text).toString('hex')}\n`
const first = { 'local.ndb': signature('Test.Evil', 'an evil sound') }
const second = { ...first, 'more.ndb': signature('Test.Worse', 'a worse sound') }
const find = (text: string) => scanner().scan([Buffer.from(text)])
const setsHere = async () => (await readdir(path.join(directory(), 'sets'))).sort()

test('an engine with the definitions of the image says so', async () => {
  expect(await scanner().definitions()).toBe('image')
})

test('a new set is loaded without a restart, with the signatures of ours', async () => {
  const { refresh } = environment()
  expect(await find('an evil sound')).toEqual({ verdict: 'clean' })
  store.publish('set-1', first)

  await refresh()

  expect(await scanner().definitions()).toBe('set-1')
  expect(await find('an evil sound')).toMatchObject({ verdict: 'infected' })
  const wav = await makeAudio('wav')
  expect(await scanner().scan([eicar(wav)])).toMatchObject({ verdict: 'infected' })
  expect(await scanner().scan([wav])).toEqual({ verdict: 'clean' })
})

test('it is looked for once in five minutes, and at once when the caller knows of another', async () => {
  const { refresh, pass } = environment()
  await refresh()
  store.publish('set-1', first)

  pass(4 * minute)
  await refresh()
  expect(await scanner().definitions()).toBe('image')

  await refresh('set-1')
  expect(await scanner().definitions()).toBe('set-1')
  store.publish('set-2', second)
  await refresh('set-1')
  expect(await scanner().definitions()).toBe('set-1')

  pass(5 * minute)
  await refresh()
  expect(await scanner().definitions()).toBe('set-2')
})

test('an environment that slept through two sets gets the third, and of its files only those that are new', async () => {
  const { refresh, pass } = environment()
  store.publish('set-1', first)
  await refresh()
  store.publish('set-2', { 'other.ndb': signature('Test.Other', 'another sound') })
  store.publish('set-3', second)
  store.downloaded.length = 0

  pass(2 * 24 * 60 * minute)
  await refresh()

  expect(await scanner().definitions()).toBe('set-3')
  expect(store.downloaded.map((key) => path.basename(key))).toEqual(['more.ndb'])
  expect(await setsHere()).toEqual(['set-3'])
  expect(await find('another sound')).toEqual({ verdict: 'clean' })
})

test('scans that run meanwhile end with a verdict, and those that come wait for theirs', async () => {
  const { refresh } = environment()
  store.publish('set-1', first)
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  async function* slowly() {
    yield Buffer.from('the beginning of ')
    await gate
    yield Buffer.from('an evil sound')
  }
  const running = scanner().scan(slowly())
  const renewal = refresh()
  const coming = Promise.all(Array.from({ length: 8 }, () => find('harmless')))
  open()

  const verdicts = await Promise.all([running, coming])
  await renewal

  expect(['clean', 'infected']).toContain(verdicts[0].verdict)
  expect(verdicts[1]).toEqual(Array.from({ length: 8 }, () => ({ verdict: 'clean' })))
  expect(await scanner().definitions()).toBe('set-1')
})

test('of several environments that share the engine one does the work', async () => {
  store.publish('set-1', second)
  let reloads = 0
  const shared = scanner()
  const clamd = {
    ...shared,
    reload: () => {
      reloads++
      return shared.reload()
    },
  }

  await Promise.all(Array.from({ length: 5 }, () => environment({ clamd }).refresh('set-1')))

  expect(await scanner().definitions()).toBe('set-1')
  expect(reloads).toBe(1)
  expect(store.downloaded).toHaveLength(2)
  expect(await readdir(directory())).not.toContain('lock')
})

describe('the engine keeps what it has when', () => {
  const publish = () => store.publish('set-2', second)
  const moreKey = () => [...store.objects.keys()].find((key) => key.endsWith('/more.ndb'))!
  test.each([
    { name: 'the bucket does not answer', spoil: () => undefined, isDown: true },
    { name: 'there is no manifest', spoil: () => store.objects.delete(manifestKey) },
    { name: 'the manifest is broken', spoil: () => store.objects.set(manifestKey, Buffer.from('{')) },
    { name: 'a file is missing', spoil: () => store.objects.delete(moreKey()) },
    { name: 'a file is too short', spoil: () => store.objects.set(moreKey(), Buffer.from('x')) },
    { name: 'a file is too long', spoil: () => store.objects.set(moreKey(), Buffer.alloc(9_000, 65)) },
    {
      name: 'a file has other bytes',
      spoil: () => {
        const bytes = store.objects.get(moreKey())!
        store.objects.set(moreKey(), Buffer.from(bytes).fill(66, 0, 3))
      },
    },
  ])('$name', async ({ spoil, isDown = false }) => {
    const { refresh, pass } = environment()
    store.publish('set-1', first)
    await refresh()
    publish()
    spoil()
    const { read } = store
    if (isDown) store.read = () => Promise.reject(new Error('S3 is away'))

    pass(5 * minute)
    await refresh()

    expect(await scanner().definitions()).toBe('set-1')
    expect(await setsHere()).toEqual(['set-1'])
    expect(await readdir(directory())).not.toContain('lock')
    store.read = read
    publish()
    pass(5 * minute)
    await refresh()
    expect(await scanner().definitions()).toBe('set-2')
  })
})

test('a set that the engine does not take is taken back, and not tried again', async () => {
  const { refresh, pass } = environment({ reloadPatienceMs: 1_000 })
  store.publish('set-1', first)
  await refresh()
  store.publish('set-2', { 'broken.ndb': 'no signature at all\n' })

  pass(5 * minute)
  await refresh()

  expect(await readlink(path.join(directory(), 'current'))).toContain('set-1')
  expect(await scanner().definitions()).toBe('set-1')
  await engine.stop()
  await engine.start()
  expect(await scanner().definitions()).toBe('set-1')
  pass(5 * minute)
  await refresh()
  expect(await scanner().definitions()).toBe('set-1')
}, 20_000)

test('an engine that starts later loads the newest set at once', async () => {
  await engine.stop()
  await rm(path.join(directory(), 'current'))
  store.publish('set-1', first)

  await environment().refresh()
  await engine.start()

  expect(await scanner().definitions()).toBe('set-1')
})

test('where no set can be had, an engine that waits for one gets that of the image', async () => {
  await rm(path.join(directory(), 'current'))

  await environment().refresh()

  expect(await readlink(path.join(directory(), 'current'))).toBe(engine.environment.BUNDLED_DEFINITIONS)
})

test('a lock that was left behind holds nobody up for good', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'sets-'))
  const sets = createSets({ directory: home, bundled: '' })
  const unlock = await sets.lock(0)

  expect(await sets.lock(0)).toBeUndefined()
  const hourAgo = new Date(Date.now() - 60 * minute)
  await utimes(path.join(home, 'lock'), hourAgo, hourAgo)
  expect(await sets.lock(1_000)).toBeDefined()
  await unlock!()
  expect(await sets.lock(0)).toBeDefined()
  await rm(home, { recursive: true })
})

test('an engine that does not know which definitions it has clears nothing', async () => {
  await rm(path.join(directory(), 'current'))
  const bare = await mkdtemp(path.join(tmpdir(), 'bare-'))
  await writeFile(path.join(bare, 'local.ndb'), first['local.ndb'])
  await symlink(bare, path.join(directory(), 'current'))
  await engine.stop()
  await engine.start()

  await expect(scanner().definitions()).rejects.toBeInstanceOf(ScannerUnavailable)
  await rm(bare, { recursive: true })
})

test('the name of a set goes into its signature and comes back out of what the engine says', () => {
  expect(canarySignature('202611251959-3fa9c1d2e4b6')).toContain(`:${canary.length}:`)
  expect(versionOfCanary('Veza.Definitions.202611251959-3fa9c1d2e4b6.UNOFFICIAL')).toBe(
    '202611251959-3fa9c1d2e4b6',
  )
  for (const other of ['Veza.Definitions.', 'VezaXDefinitions.a', 'Veza.Test.Eicar.UNOFFICIAL', 'x'])
    expect(versionOfCanary(other)).toBeUndefined()
  expect(fileKey({ name: 'a.ndb', sha256: 'ab' })).toBe('definitions/files/ab/a.ndb')
})
