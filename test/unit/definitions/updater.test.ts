import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findProgram } from '../../../infra/local/parts/find-program.ts'
import { createFreshclam } from '../../../lib/definitions/freshclam.ts'
import { fileKey, manifestKey } from '../../../lib/definitions/manifest.ts'
import { createDefinitionsUpdater } from '../../../lib/definitions/updater.ts'
import { createMemoryDefinitions } from '../../support/definition-store.ts'
import { useMirror } from '../../support/mirror.ts'

const mirror = useMirror()
const program = findProgram('freshclam') ?? 'freshclam'
const workspace = mkdtempSync(path.join(tmpdir(), 'updater-'))
const day = 86_400_000

const signature = (name: string, hex: string) => `${name}:0:*:${hex.repeat(8)}\n`
const one = signature('Test.One', 'a1b2c3d4')
const two = signature('Test.Two', 'd4c3b2a1')

function setUp({ names = ['local.ndb'], official = 'off', timeoutMs = 30_000 } = {}) {
  const store = createMemoryDefinitions()
  let now = new Date()
  const update = createDefinitionsUpdater({
    store,
    freshclam: createFreshclam({
      program,
      mirror: official,
      urls: names.map((name) => `${mirror.url}/${name}`),
      attempts: 1,
      timeoutMs,
    }),
    workspace,
    now: () => now,
  })
  return {
    store,
    update,
    pass: (ms: number) => {
      now = new Date(now.getTime() + ms)
    },
  }
}

beforeEach(() => {
  mirror.misbehave(undefined)
  mirror.files.clear()
  mirror.requests.length = 0
  mirror.put('/local.ndb', one, new Date(Date.now() - day))
})

afterEach(() => {
  expect(readdirSync(workspace)).toEqual([])
})

afterAll(() => rmSync(workspace, { recursive: true }))

test('what is new is uploaded under its content, and the manifest goes to it last', async () => {
  const { store, update } = setUp()

  const { outcome, version } = await update()

  expect(outcome).toBe('published')
  expect(version).toMatch(/^\d{12}-[0-9a-f]{12}$/)
  const { files } = store.manifest()!
  expect(store.manifest()).toMatchObject({ version, files: [{ name: 'local.ndb', size_bytes: one.length }] })
  expect(store.objects.get(fileKey(files[0]!))?.toString()).toBe(one)
  expect(store.written.at(-1)).toBe(manifestKey)
})

test('what is unchanged is asked for with a condition, and uploads nothing', async () => {
  const { store, update } = setUp()
  const { version } = await update()
  store.written.length = 0

  expect(await update()).toEqual({ outcome: 'unchanged', version, is_cooling_down: false })

  expect(store.written).toEqual([])
  expect(mirror.requests.at(-1)!.headers).toHaveProperty('if-modified-since')
})

test('of two files the one that changed is uploaded, and the version is another', async () => {
  mirror.put('/more.ndb', two, new Date(Date.now() - day))
  const { store, update } = setUp({ names: ['local.ndb', 'more.ndb'] })
  const first = await update()
  store.written.length = 0
  mirror.put('/more.ndb', two + one, new Date(Date.now() + 2_000))

  const second = await update()

  expect(second).toMatchObject({ outcome: 'published' })
  expect(second.version).not.toBe(first.version)
  const changed = store.manifest()!.files.find(({ name }) => name === 'more.ndb')!
  expect(store.written).toEqual([fileKey(changed), manifestKey])
})

test('a source that is named no more takes its definitions with it', async () => {
  mirror.put('/more.ndb', two)
  const { store, update } = setUp({ names: ['local.ndb', 'more.ndb'] })
  await update()
  const without = createDefinitionsUpdater({
    store,
    workspace,
    freshclam: createFreshclam({ program, mirror: 'off', urls: [`${mirror.url}/local.ndb`] }),
  })

  expect(await without()).toMatchObject({ outcome: 'published' })

  expect(store.manifest()!.files.map(({ name }) => name)).toEqual(['local.ndb'])
})

test('what is in use is uploaded again before the bucket forgets it, as the version that it is', async () => {
  const { store, update, pass } = setUp()
  const { version } = await update()
  store.written.length = 0

  pass(8 * day)
  expect(await update()).toMatchObject({ outcome: 'published', version })

  expect(store.written).toHaveLength(2)
  store.written.length = 0
  expect(await update()).toMatchObject({ outcome: 'unchanged' })
})

describe('the set in force stays, and the failure is told, when the mirror', () => {
  test.each([
    { name: 'sends what is no definitions', spoil: () => mirror.put('/local.ndb', 'nonsense', later()) },
    { name: 'sends half of a file', spoil: () => mirror.misbehave('halves') },
    { name: 'fails', spoil: () => mirror.misbehave(500) },
    { name: 'has no such file any more', spoil: () => mirror.files.clear() },
  ])('$name', async ({ spoil }) => {
    const { store, update } = setUp()
    await update()
    const before = store.manifest()
    store.written.length = 0
    mirror.put('/local.ndb', two, later())
    spoil()

    await expect(update()).rejects.toThrow(/freshclam ended with/)

    expect(store.manifest()).toEqual(before)
    expect(store.written).not.toContain(manifestKey)
  })

  test.each([403, 429])('asks us to stay away (%i), which we do, whoever asks next', async (status) => {
    const { store, update } = setUp({ official: mirror.url })
    mirror.misbehave(status)
    await expect(update()).rejects.toThrow(/no definitions at all/)
    mirror.misbehave(undefined)

    // Official sources are not asked while it lasts; what freshclam remembers came from the bucket.
    mirror.requests.length = 0
    expect(await update()).toMatchObject({ outcome: 'published', is_cooling_down: true })
    expect(mirror.requests.map(({ path }) => path)).toEqual(['/local.ndb'])
    expect(store.manifest()).toBeDefined()
  })
})

test('a database that ClamAV has not signed is not taken, and keeps nothing else back', async () => {
  const header =
    'ClamAV-VDB:24 Nov 2026 09-00 +0000:27500:10:90:0123456789abcdef0123456789abcdef:c2ln:me:1795500000'
  mirror.put('/daily.cvd', Buffer.concat([Buffer.from(header.padEnd(512)), Buffer.alloc(2_000, 7)]))
  const { store, update } = setUp({ official: mirror.url })

  await expect(update()).rejects.toThrow(/freshclam ended with/)

  expect(store.manifest()!.files.map(({ name }) => name)).toEqual(['local.ndb'])
})

test('a broken manifest is written anew', async () => {
  const { store, update } = setUp()
  store.objects.set(manifestKey, Buffer.from('{"version":1}'))

  expect(await update()).toMatchObject({ outcome: 'published' })
  expect(store.manifest()).toBeDefined()
})

test('a file of the bucket that is broken is fetched anew', async () => {
  const { store, update } = setUp()
  await update()
  const [file] = store.manifest()!.files
  store.objects.set(fileKey(file!), Buffer.from('x'))

  expect(await update()).toMatchObject({ outcome: 'unchanged' })
  expect(mirror.requests.at(-1)!.headers).not.toHaveProperty('if-modified-since')
})

test('freshclam is ended when it takes too long', async () => {
  const { update } = setUp({ timeoutMs: 1 })
  await expect(update()).rejects.toThrow(/time-out/)
})

test.each(['http://mirror.test/a.ndb\nDatabaseOwner root', 'a b', 'local.ndb'])(
  'a source that is no URL is refused: %j',
  async (url) => {
    const freshclam = createFreshclam({ program, mirror: 'off', urls: [] })
    expect(() => createFreshclam({ program, mirror: 'off', urls: [url] })).toThrow(/no URL/)
    expect(freshclam.urls).toEqual([])
  },
)

const later = () => new Date(Date.now() + 5_000)
