import { findFilesOf } from '../../../lib/license-files/pinning.ts'
import type { DeliveredFile } from '../../../lib/products/terms.ts'
import { useDatabase } from '../../support/database.ts'
import { addVersion, createStudio } from '../../support/studio.ts'

const { sql } = useDatabase()
const studio = createStudio(sql)

/** Tracks of somebody, each with a version, in a pack, where the last comes first. */
async function setUp() {
  const seller = await studio.join()
  const tracks = []
  for (const container of ['wav', 'mp3']) {
    const track_id = await studio.createTrack(seller, { title: container })
    const { version_id } = await addVersion(sql, track_id)
    await sql`update track_versions set container = ${container} where id = ${version_id}`
    tracks.push({ track_id, version_id })
  }
  const track_ids = tracks.toReversed().map(({ track_id }) => track_id)
  const find = (formats: readonly DeliveredFile[], track_id: string | null = null) =>
    sql.begin((tx) => findFilesOf(tx, { track_id, track_ids, formats }))
  return { find, tracks }
}

test('of a pack all tracks are delivered, in its order, each in every format; an MP3 as it is', async () => {
  const { find, tracks } = await setUp()
  const [wav, mp3] = tracks
  expect(await find(['master', 'mp3'])).toMatchObject([
    { version_id: mp3!.version_id, title: 'mp3', format: 'master', sha256: 'ab', master_sha256: 'ab' },
    { version_id: mp3!.version_id, format: 'mp3', sha256: 'ab' },
    { version_id: wav!.version_id, title: 'wav', format: 'master', sha256: 'ab' },
    { version_id: wav!.version_id, format: 'mp3', sha256: null, master_sha256: 'ab' },
  ])
})

test('stems are what is in the pack, as it was uploaded', async () => {
  const { find } = await setUp()
  expect(await find(['stems'])).toMatchObject(Array(2).fill({ format: 'stems', sha256: 'ab' }))
})

test('of a track only that is delivered, and of nothing nothing', async () => {
  const { find, tracks } = await setUp()
  const [{ track_id, version_id }] = tracks as [(typeof tracks)[number]]
  expect(await find(['master'], track_id)).toMatchObject([{ version_id, format: 'master' }])
  expect(await find([], track_id)).toEqual([])
  expect(await find([])).toEqual([])
})

test('what does not play is not delivered', async () => {
  const { find, tracks } = await setUp()
  await sql`update tracks set current_version_id = null where id = ${tracks[0]!.track_id}`
  expect(await find(['master'])).toHaveLength(1)
})
