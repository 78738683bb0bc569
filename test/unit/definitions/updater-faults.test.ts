import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Freshclam } from '../../../lib/definitions/freshclam.ts'
import { fileKey } from '../../../lib/definitions/manifest.ts'
import { createDefinitionsUpdater } from '../../../lib/definitions/updater.ts'
import { createMemoryDefinitions } from '../../support/definition-store.ts'
import { createSteps, mishaps, type Strike } from '../../support/steps.ts'

const workspace = mkdtempSync(path.join(tmpdir(), 'updater-'))
const now = () => new Date('2026-03-01T12:00:00Z')

afterEach(() => {
  expect(readdirSync(workspace)).toEqual([])
})
afterAll(() => rmSync(workspace, { recursive: true }))

const files = { 'a.ndb': 'Test.A:0:*:a1b2c3d4\n', 'b.ndb': 'Test.B:0:*:d4c3b2a1\n' }

/** Has files for whoever asks, and remembers that it was there. */
const freshclam = (texts: Readonly<Record<string, string>> = files): Freshclam => ({
  mirror: 'off',
  urls: Object.keys(texts).map((name) => `https://mirror.test/${name}`),
  async update(directory) {
    for (const [name, text] of Object.entries(texts)) await writeFile(path.join(directory, name), text)
    await writeFile(path.join(directory, 'freshclam.dat'), 'been here')
    return { is_cooling_down: false, failures: [] }
  },
})

/** Over a bucket with an older set in it, in which one file is another and one is missing. */
async function update(strike?: Strike) {
  const store = createMemoryDefinitions()
  store.publish('older', { 'a.ndb': files['a.ndb'], 'b.ndb': 'Test.Old:0:*:00000000\n' })
  const steps = createSteps(strike)
  const run = () => {
    const life = steps.live('definitions-updater')
    return createDefinitionsUpdater({
      store: life.watch('store', store),
      freshclam: life.watch('freshclam', freshclam()),
      workspace,
      now,
    })()
  }
  const first = await run().then(
    () => 'done',
    () => 'failed',
  )
  const between = store.manifest()
  const isWhole = between!.files.every((file) => store.objects.has(fileKey(file)))
  if (strike) await run()
  const set = store.manifest()!
  const { version, files: described } = set
  return {
    made: steps.made,
    first,
    isWhole,
    end: { version, names: described.map(({ name }) => name), keys: [...store.objects.keys()].sort() },
  }
}

test.each(mishaps)(
  'whichever call is %s, the next run ends the same, and no half of a set is ever named',
  async (mishap) => {
    const { made, end } = await update()
    expect(made.length).toBeGreaterThan(5)
    for (const [index, call] of made.entries()) {
      const struck = await update({ mishap, at: index + 1 })
      expect({ call, isWhole: struck.isWhole, ...struck.end }).toEqual({ call, isWhole: true, ...end })
    }
  },
)

const disk = mkdtempSync(path.join(tmpdir(), 'full-'))

/** Where that is allowed, which it is not in every container. */
function mountDisk(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const isMounted = mountDisk()
afterAll(() => {
  if (isMounted) execFileSync('umount', [disk])
  rmSync(disk, { recursive: true })
})

;(isMounted ? describe : describe.skip)('on a disk that is full', () => {
  test('an update fails with that reason, names nothing new and leaves the disk free again', async () => {
    const store = createMemoryDefinitions()
    store.publish('older', { 'a.ndb': files['a.ndb'] })
    const large = freshclam({ 'large.ndb': 'x'.repeat(128 * 1024) })
    const run = createDefinitionsUpdater({ store, freshclam: large, workspace: disk, now })

    await expect(run()).rejects.toThrow('ENOSPC')

    expect(store.manifest()?.version).toBe('older')
    expect(store.written).toEqual([])
    expect(readdirSync(disk)).toEqual([])
  })

  test('a present file that finds no room is fetched like a new one', async () => {
    const store = createMemoryDefinitions()
    store.publish('older', { 'a.ndb': 'x'.repeat(128 * 1024) })
    const run = createDefinitionsUpdater({
      store,
      freshclam: freshclam({ 'a.ndb': files['a.ndb'] }),
      workspace: disk,
      now,
    })

    expect(await run()).toMatchObject({ outcome: 'published' })

    expect(store.manifest()?.files.map(({ size_bytes }) => size_bytes)).toEqual([files['a.ndb'].length])
    expect(readdirSync(disk)).toEqual([])
  })
})
