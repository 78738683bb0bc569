import { adminRoutes } from '../../../functions/admin/routes.ts'
import { socialRoutes } from '../../../functions/social/routes.ts'
import { allTrackRoutes } from '../../../functions/tracks/all-routes.ts'
import { useDatabase } from '../../support/database.ts'
import { createModerationApi } from '../../support/moderation.ts'
import { createRevocationReader } from '../../support/revocations.ts'
import { createSocialApi, seedPerson } from '../../support/social.ts'
import { addVersion, createStudio } from '../../support/studio.ts'

const { sql } = useDatabase()
const studio = createStudio(sql)
const { poll } = createRevocationReader(sql, () => new Date())

/** What the stream server hears of a version. */
const heardOf = async (version_id: string) =>
  (await poll()).data
    .filter((row) => row.version_id === version_id)
    .map(({ kind, reason }) => `${kind} ${reason}`)

async function setUp() {
  const owner = await studio.join()
  const track_id = await studio.createTrack(owner, { visibility: 'public' })
  const first = await addVersion(sql, track_id)
  const second = await addVersion(sql, track_id)
  const unfinished = await addVersion(sql, track_id, { status: 'transcoding' })
  return { owner, track_id, first, second, unfinished }
}

test('a track that is deleted is served to nobody who holds a link of before, in whichever version', async () => {
  const { owner, track_id, first, second, unfinished } = await setUp()
  expect(await heardOf(second.version_id)).toEqual([])

  await studio.as(owner, allTrackRoutes.deleteTrack, { params: { track_id } })

  for (const { version_id } of [first, second])
    expect(await heardOf(version_id)).toEqual(['version track_deleted'])
  expect(await heardOf(unfinished.version_id)).toEqual([])
})

test('nor is one that a moderator takes out of sight', async () => {
  const { track_id, second } = await setUp()
  const moderator = await seedPerson(sql, undefined, { role: 'moderator' })
  await createSocialApi(sql)(socialRoutes.reportTrack, await seedPerson(sql), {
    params: { track_id },
    body: { reason: 'copyright' },
  })
  const [report] = await sql<[{ id: string }]>`select id from moderation_cases where subject_id = ${track_id}`
  const call = createModerationApi(sql)
  const answer = await call(adminRoutes.resolveReport, moderator, {
    params: { report_id: report.id },
    body: { action: 'hide' },
  })
  expect(answer.status).toBe(204)

  expect(await heardOf(second.version_id)).toEqual(['version hidden'])
})

test('a stranger who tries to delete it changes nothing for listeners', async () => {
  const { track_id, second } = await setUp()
  await studio.as(await studio.join(), allTrackRoutes.deleteTrack, { params: { track_id } })
  expect(await heardOf(second.version_id)).toEqual([])
})
