import { socialRoutes } from '../../../functions/social/routes.ts'
import { allTrackRoutes } from '../../../functions/tracks/all-routes.ts'
import { foldCounts } from '../../../lib/counts/counts.ts'
import { purgeDueTracks } from '../../../lib/tracks/purge.ts'
import { useDatabase } from '../../support/database.ts'
import { findDrifts } from '../../support/drifts.ts'
import { createSocialApi, seedPerson, seedTrack } from '../../support/social.ts'
import { createStudio } from '../../support/studio.ts'

const { sql } = useDatabase()
const studio = createStudio(sql)
const social = createSocialApi(sql)

/** A track that somebody likes and reposts, counted to the last one; and its end. */
async function createLoved() {
  const [artist, fan] = [await seedPerson(sql), await seedPerson(sql)]
  const track_id = await seedTrack(sql, artist)
  const options = { params: { track_id } }
  await studio.as(fan, allTrackRoutes.likeTrack, options)
  await studio.as(fan, allTrackRoutes.repostTrack, options)
  await foldCounts(sql)
  const comment = () =>
    social(socialRoutes.createComment, fan, { ...options, body: { body: 'Farewell, and thanks' } })
  const purge = async () => {
    await studio.as(artist, allTrackRoutes.deleteTrack, options)
    await sql`update tracks set purges_at = deleted_at where id = ${track_id}`
    expect(await purgeDueTracks(sql, new Date())).toBe(1)
  }
  return { track_id, comment, purge }
}

test('a purged track that comments still point to counts nobody who has gone with it', async () => {
  const { track_id, comment, purge } = await createLoved()
  await comment()
  await purge()

  await expect(sql`select from tracks where id = ${track_id}`).resolves.toHaveLength(1)
  expect(await findDrifts(sql)).toEqual({})
})

test('a purged track that nothing points to leaves no count behind', async () => {
  const { track_id, purge } = await createLoved()
  await purge()
  await foldCounts(sql)

  await expect(sql`select from tracks where id = ${track_id}`).resolves.toHaveLength(0)
  await expect(sql`select from counts where subject_id = ${track_id}`).resolves.toHaveLength(0)
})
