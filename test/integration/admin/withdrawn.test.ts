import { randomUUID } from 'node:crypto'
import { adminRoutes as routes } from '../../../functions/admin/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { markInForce } from '../../../lib/definitions/in-force.ts'
import { withdrawVersion } from '../../../lib/media/withdrawal/withdrawal.ts'
import { useDatabase } from '../../support/database.ts'
import { createModerationApi } from '../../support/moderation.ts'
import { addVersion, createStudio } from '../../support/studio.ts'

const { sql } = useDatabase()
const { join, createTrack } = createStudio(sql)
const call = createModerationApi(sql)
const origin = { ip: '', userAgent: '', requestId: 'rescan' }

const joinAs = async (role: Actor['role']): Promise<Actor> => ({ ...(await join()), role })
const moderator = () => joinAs('moderator')
const list = (as: Actor, query: Record<string, string | number> = {}) =>
  call(routes.listWithdrawnVersions, as, { query })
const reinstate = (as: Actor, version_id: string) =>
  call(routes.reinstateVersion, as, { params: { version_id } })

async function withdrawn() {
  const owner = await moderator()
  const track_id = await createTrack(owner, { visibility: 'public', title: 'Low Tide' })
  const { version_id } = await addVersion(sql, track_id)
  const finding = { version_id, signature: 'Win.Test.Thing-1', definitions_version: 'set-2' }
  await sql.begin((tx) => withdrawVersion(tx, track_id, finding, origin, new Date()))
  return { owner, track_id, version_id }
}

test('withdrawn versions are listed to moderators, newest first, page by page', async () => {
  const [first, second] = [await withdrawn(), await withdrawn()]
  const reader = await moderator()

  const page = await list(reader, { limit: 1 })
  expect(page.body.data).toMatchObject([
    { id: second.version_id, track: { title: 'Low Tide' }, found_signature: 'Win.Test.Thing-1' },
  ])
  const next = await list(reader, { limit: 1, cursor: page.body.next_cursor! })
  expect(next.body.data).toMatchObject([{ id: first.version_id, is_reinstatement_asked: false }])
  expect(await list(reader, { cursor: 'x' })).toMatchObject({ status: 400 })
})

test('a moderator has one scanned anew, once however often they ask, which stands in the trail', async () => {
  const { owner, version_id } = await withdrawn()
  const by = await moderator()

  const answers = await Promise.all([reinstate(by, version_id), reinstate(by, version_id)])

  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 202, body: { id: version_id, is_reinstatement_asked: true } })
  }
  const trail = await sql`
    select actor_id, user_id from audit_events
    where target = ${`version:${version_id}`} and action = 'version.reinstatement_asked'
  `
  expect(trail).toEqual([{ actor_id: by.id, user_id: owner.id }])
})

describe('it is refused', () => {
  test('to users, creators and whoever signed in long ago', async () => {
    const { version_id } = await withdrawn()
    for (const role of ['user', 'creator'] as const) {
      expect(await reinstate(await joinAs(role), version_id)).toMatchObject({ status: 403 })
      expect(await list(await joinAs(role))).toMatchObject({ status: 403 })
    }
    const idle = { ...(await moderator()), auth_time: Math.floor(Date.now() / 1000) - 3_600 }
    expect(await reinstate(idle, version_id)).toMatchObject({
      status: 401,
      problem: { code: 'step_up_required' },
    })
  })

  test('for a file of their own, for one that is not withdrawn, that is gone, or that there never was', async () => {
    const { owner, version_id, track_id } = await withdrawn()
    const by = await moderator()
    const other = await addVersion(sql, track_id)

    expect(await reinstate(owner, version_id)).toMatchObject({ status: 403 })
    expect(await reinstate(by, other.version_id)).toMatchObject({ status: 409 })
    expect(await reinstate(by, randomUUID())).toMatchObject({ status: 404 })
    await sql`update track_versions set removed_at = now() where id = ${version_id}`
    expect(await reinstate(by, version_id)).toMatchObject({ status: 409 })
  })
})

test('says which definitions are in force, and whether they are old', async () => {
  const by = await moderator()
  const read = async () => (await call(routes.readDefinitions, by)).body
  expect(await read()).toMatchObject({ version: null, is_stale: true })

  const fresh = new Date().toISOString()
  await markInForce(sql, { version: 'set-1', built_at: fresh }, new Date())
  expect(await read()).toMatchObject({ version: 'set-1', is_stale: false, swept_at: null })

  const old = new Date(Date.now() - 49 * 3_600_000).toISOString()
  await markInForce(sql, { version: 'set-0', built_at: old }, new Date(Date.now() + 1_000))
  expect(await read()).toMatchObject({ version: 'set-0', is_stale: true })
})
