import { randomUUID } from 'node:crypto'
import { adminRoutes } from '../../../functions/admin/routes.ts'
import { socialRoutes } from '../../../functions/social/routes.ts'
import { endReports } from '../../../lib/moderation/ending.ts'
import { findTrack } from '../../../lib/tracks/whole-track.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createModerationApi } from '../../support/moderation.ts'
import {
  block,
  createSocialApi,
  type Person,
  type SocialApi,
  seedPerson,
  seedTrack,
} from '../../support/social.ts'

const database = useDatabase()
const { sql } = database
const connections = useConnections(database)
const api = createSocialApi(sql)
const adminApi = createModerationApi(sql)

let artist: Person
let ada: Person
let moderator: Person
let admin: Person
let track: string
let comment: string
beforeEach(async () => {
  artist = await seedPerson(sql)
  ada = await seedPerson(sql)
  moderator = await seedPerson(sql, undefined, { role: 'moderator' })
  admin = await seedPerson(sql, undefined, { role: 'admin' })
  track = await seedTrack(sql, artist)
  comment = (await say(ada, 'Rude words')).id
})

const people = (count: number, hours = 48) =>
  Promise.all(Array.from({ length: count }, () => seedPerson(sql, undefined, { hours })))
const say = async (as: Person, body: string, parent_id?: string) =>
  (await api(socialRoutes.createComment, as, { params: { track_id: track }, body: { body, parent_id } })).body
const read = (as: Person | undefined, comment_id = comment) =>
  api(socialRoutes.getComment, as, { params: { comment_id } })
const report = (as: Person | undefined, body: object = { reason: 'spam' }, through: SocialApi = api) =>
  through(socialRoutes.reportComment, as, { params: { comment_id: comment }, body })
const countOf = async () => (await findTrack(sql, track, { id: undefined }))?.comment_count
const queue = async (query = {}, as = moderator) =>
  (await adminApi(adminRoutes.listReports, as, { query })).body
const caseOf = async (id = comment) => {
  const [row] = await sql<[{ id: string }]>`select id from moderation_cases where subject_id = ${id}`
  return row.id
}
const resolve = async (action: string, { as = moderator, id = comment, ...body }: ResolveOptions = {}) =>
  adminApi(adminRoutes.resolveReport, as, {
    params: { report_id: await caseOf(id) },
    body: { action, ...body },
  })
interface ResolveOptions {
  readonly as?: Person
  readonly id?: string
  readonly note?: string
  readonly until?: string
}
const told = (recipient: Person) => sql`
  select payload->>'kind' as kind, payload->>'comment_id' as comment_id, payload->>'actor_id' as actor_id
  from outbox where payload->>'recipient_id' = ${recipient.id} and payload->>'kind' in ('report_resolved', 'moderation')
`

describe('a report', () => {
  test('counts once for each who makes it', async () => {
    const [one, two] = await people(2)
    for (const _ of [1, 2]) expect((await report(one!, { reason: 'hate', note: 'See' })).status).toBe(204)
    expect((await report(two!)).status).toBe(204)

    const { data } = await queue({ kind: 'comment' })
    expect(data.find(({ subject }) => subject.id === comment)).toMatchObject({
      subject: { kind: 'comment', id: comment },
      user: { id: ada.id, username: ada.username },
      track_id: track,
      excerpt: 'Rude words',
      state: 'open',
      is_hidden: false,
      report_count: 2,
      reasons: [
        { reason: 'hate', count: 1 },
        { reason: 'spam', count: 1 },
      ],
    })
    expect((await read(artist)).status).toBe(200)
  })

  test('by the artist hides a comment at once from all but its author', async () => {
    expect((await report(artist)).status).toBe(204)

    expect((await read(ada)).body).toMatchObject({ body: 'Rude words', is_hidden: true, is_deleted: false })
    for (const reader of [artist, moderator, undefined]) expect((await read(reader)).status).toBe(404)
    expect(await countOf()).toBe(0)
  })

  test('is the third that hides, where the accounts are a day old', async () => {
    for (const novice of await people(3, 23)) await report(novice)
    const [one, two, three] = await people(3)
    for (const person of [one!, two!]) await report(person)
    expect((await read(undefined)).status).toBe(200)

    await report(three!)
    expect((await read(undefined)).status).toBe(404)
    expect(await countOf()).toBe(0)
  })

  test('that comes three times at once hides once and counts once', async () => {
    const three = await people(3)
    const apis = (await connections(3)).map((one) => createSocialApi(one))

    const storm = three.flatMap((person, at) =>
      [0, 1].map((by) => report(person, undefined, apis[(at + by) % 3])),
    )
    expect((await Promise.all(storm)).map(({ status }) => [204, 404].includes(status))).toEqual(
      Array(6).fill(true),
    )

    expect(await countOf()).toBe(0)
    const [row] = await sql`
      select report_count, (select count(*)::int from reports r where r.case_id = m.id) as reports
      from moderation_cases m where subject_id = ${comment}
    `
    expect(row).toEqual({ report_count: 3, reports: 3 })
  })

  test.each([
    { name: 'of no reason', body: {} },
    { name: 'of another reason', body: { reason: 'taste' } },
    { name: 'with a long note', body: { reason: 'spam', note: 'x'.repeat(1_001) } },
    { name: 'of too many marks', body: { reason: 'spam', note: `a${'\u0301'.repeat(900)}` } },
    { name: 'of another', body: { reason: 'spam', reporter_id: randomUUID() } },
  ])('$name is refused', async ({ body }) => {
    expect((await report(artist, body)).status).toBe(422)
  })

  test('of what one made oneself, or may not see, is refused', async () => {
    expect((await report(ada)).problem).toMatchObject({ status: 409, code: 'own_account' })
    expect((await report(undefined)).status).toBe(401)
    const stranger = await seedPerson(sql)
    await block(sql, stranger, ada)
    expect((await report(stranger)).status).toBe(404)
    await sql`update tracks set visibility = 'private' where id = ${track}`
    expect((await report(moderator)).status).toBe(404)
  })

  test('of a track and of a user wait for a moderator', async () => {
    for (const person of await people(4)) {
      const body = { reason: 'copyright' }
      const ofTrack = await api(socialRoutes.reportTrack, person, { params: { track_id: track }, body })
      const ofUser = await api(socialRoutes.reportUser, person, {
        params: { username: artist.username },
        body,
      })
      expect([ofTrack.status, ofUser.status]).toEqual([204, 204])
    }

    const { data } = await queue({ reason: 'copyright' })
    expect(data).toMatchObject([
      { subject: { kind: 'user', id: artist.id }, report_count: 4 },
      { subject: { kind: 'track', id: track }, excerpt: 'Low Tide', is_hidden: false, report_count: 4 },
    ])
    expect(await findTrack(sql, track, { id: undefined })).toBeDefined()
  })
})

describe('a moderator', () => {
  test('dismisses what the artist reported, who cannot hide it again', async () => {
    await report(artist)
    await resolve('dismiss')

    expect((await report(artist)).status).toBe(204)
    expect((await read(undefined)).status).toBe(200)
  })

  test('dismisses: what was hidden is back, and the same people cannot hide it again', async () => {
    const three = await people(3)
    for (const person of three) await report(person)
    expect(await countOf()).toBe(0)

    expect((await resolve('dismiss')).status).toBe(204)
    expect((await read(undefined)).status).toBe(200)
    expect(await countOf()).toBe(1)
    for (const person of three) expect((await report(person)).status).toBe(204)
    expect((await read(undefined)).status).toBe(200)
    expect(await told(three[0]!)).toEqual([{ kind: 'report_resolved', comment_id: comment, actor_id: null }])
    expect(await told(ada)).toEqual([])

    const [four, five, six] = await people(3)
    for (const person of [four!, five!]) await report(person)
    expect((await read(undefined)).status).toBe(200)
    await report(six!)
    expect((await read(undefined)).status).toBe(404)
    const { data } = await queue({ state: 'open' })
    expect(data[0]).toMatchObject({ subject: { id: comment }, report_count: 6, resolution: null })
  })

  test.each([
    { action: 'warn', seen: 200, count: 1 },
    { action: 'hide', seen: 404, count: 0 },
    { action: 'remove', seen: 404, count: 0 },
  ])('does what $action says, once, tells both sides and writes it down', async ({ action, seen, count }) => {
    await report(artist)

    expect((await resolve(action, { note: 'Rule 1' })).status).toBe(204)

    expect((await read(undefined)).status).toBe(seen)
    expect(await countOf()).toBe(count)
    expect(await told(artist)).toMatchObject([{ kind: 'report_resolved' }])
    expect(await told(ada)).toMatchObject([{ kind: 'moderation', comment_id: comment }])
    const trail = sql`select actor_id, user_id, details from audit_events where target = ${`report:${await caseOf()}`}`
    await expect(trail).resolves.toEqual([
      { actor_id: moderator.id, user_id: ada.id, details: { action, subject: `comment:${comment}` } },
    ])
    expect((await resolve(action)).problem).toMatchObject({ status: 409, code: 'conflict' })
    const { data } = await queue({ state: 'resolved' })
    expect(data[0]).toMatchObject({
      subject: { id: comment },
      resolution: action,
      resolution_note: 'Rule 1',
      resolved_by: moderator.id,
    })
  })

  test('removes what has answers to a tombstone', async () => {
    await say(artist, 'Please do not', comment)
    await report(artist)

    await resolve('remove')

    expect((await read(undefined)).body).toMatchObject({ is_deleted: true, body: '', reply_count: 1 })
  })

  test('may find that what was hidden was right after all', async () => {
    await report(artist)
    await resolve('hide')

    expect((await resolve('remove')).status).toBe(409)
    expect((await resolve('dismiss')).status).toBe(204)
    expect((await read(undefined)).status).toBe(200)
    expect(await countOf()).toBe(1)
  })

  test('takes a track out of everybody’s sight but its owner’s', async () => {
    const body = { reason: 'copyright' }
    await api(socialRoutes.reportTrack, ada, { params: { track_id: track }, body })

    expect((await resolve('remove', { id: track })).status).toBe(422)
    expect((await resolve('hide', { id: track })).status).toBe(204)

    expect(await findTrack(sql, track, { id: undefined })).toBeUndefined()
    expect(await findTrack(sql, track, { id: artist.id })).toBeDefined()
    await resolve('dismiss', { id: track })
    expect(await findTrack(sql, track, { id: undefined })).toBeDefined()
  })

  test('suspends nobody: that is for an admin who signed in just now', async () => {
    await report(artist)
    const suspend = { note: 'Rule 2' }

    expect((await resolve('suspend', suspend)).status).toBe(403)
    const hourAgo = { ...admin, auth_time: Math.floor(Date.now() / 1_000) - 3_600 }
    expect((await resolve('suspend', { ...suspend, as: hourAgo })).problem).toMatchObject({
      code: 'step_up_required',
    })
    expect((await resolve('suspend', { as: admin })).status).toBe(422)
    expect((await resolve('suspend', { ...suspend, as: admin, until: '2020-01-01T00:00:00Z' })).status).toBe(
      422,
    )
    expect((await resolve('dismiss', { until: '2099-01-01T00:00:00Z' })).status).toBe(422)
    const [before] = await sql`select state from moderation_cases where subject_id = ${comment}`
    expect(before).toEqual({ state: 'open' })

    expect((await resolve('suspend', { ...suspend, as: admin })).status).toBe(204)
    const [user] =
      await sql`select suspended_at is not null as is_suspended, suspended_reason from users where id = ${ada.id}`
    expect(user).toEqual({ is_suspended: true, suspended_reason: 'Rule 2' })
    expect((await read(undefined)).status).toBe(404)
  })

  test('neither reads nor resolves what is about themselves', async () => {
    const own = (await say(moderator, 'Mine')).id
    await api(socialRoutes.reportComment, artist, { params: { comment_id: own }, body: { reason: 'other' } })
    const params = { report_id: await caseOf(own) }

    expect((await resolve('dismiss', { id: own })).status).toBe(403)
    expect((await adminApi(adminRoutes.listReportEntries, moderator, { params })).status).toBe(403)
    expect((await queue()).data.map(({ subject }) => subject.id)).not.toContain(own)
    expect((await resolve('dismiss', { id: own, as: admin })).status).toBe(204)
  })

  test('is the only one of two who resolves at once', async () => {
    await report(artist)
    const params = { report_id: await caseOf() }
    const both = (await connections(2)).map((one, at) =>
      createModerationApi(one)(adminRoutes.resolveReport, [moderator, admin][at]!, {
        params,
        body: { action: 'hide' },
      }),
    )

    expect((await Promise.all(both)).map(({ status }) => status).toSorted()).toEqual([204, 409])
    expect(await told(artist)).toHaveLength(1)
  })

  test('reads who reported and why, and what a comment said before', async () => {
    const three = await people(3)
    for (const [at, person] of three.entries()) await report(person, { reason: 'hate', note: `${at}` })
    await api(socialRoutes.updateComment, ada, {
      params: { comment_id: comment },
      body: { body: 'Kind words' },
    })
    await api(socialRoutes.updateComment, ada, { params: { comment_id: comment }, body: { body: 'Kinder' } })
    await sql.begin((tx) => endReports(tx, three[0]!.id))

    const params = { report_id: await caseOf() }
    const first = (await adminApi(adminRoutes.listReportEntries, moderator, { params, query: { limit: 2 } }))
      .body
    const query = { cursor: first.next_cursor! }
    const rest = (await adminApi(adminRoutes.listReportEntries, moderator, { params, query })).body
    expect([...first.data, ...rest.data]).toMatchObject([
      { reporter: { id: three[2]!.id }, note: '2' },
      { reporter: { id: three[1]!.id }, note: '1' },
      { reporter: null, note: '' },
    ])
    const edits = await adminApi(adminRoutes.listCommentEdits, moderator, { params: { comment_id: comment } })
    expect(edits.body.data.map(({ body }) => body)).toEqual(['Kind words', 'Rude words'])
    const gone = { params: { comment_id: randomUUID() } }
    expect((await adminApi(adminRoutes.listCommentEdits, moderator, gone)).status).toBe(404)
  })

  test('goes through the queue page by page, each case once', async () => {
    for (let at = 0; at < 5; at += 1) {
      comment = (await say(ada, `Bad ${at}`)).id
      await report(artist, { reason: 'violence' })
    }

    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await queue({ reason: 'violence', limit: 2, ...(cursor && { cursor }) })
      seen.push(...page.data.map(({ excerpt }) => excerpt))
      cursor = page.next_cursor
    } while (cursor)
    expect(seen).toEqual(['Bad 4', 'Bad 3', 'Bad 2', 'Bad 1', 'Bad 0'])
    const foreign = (await queue({ limit: 1 })).next_cursor!
    const answer = await adminApi(adminRoutes.listReports, moderator, {
      query: { cursor: foreign, state: 'resolved' },
    })
    expect(answer.problem).toMatchObject({ status: 400, code: 'invalid_request' })
  })

  test.each(['user', 'creator'] as const)('is no %s', async (role) => {
    await report(artist)
    const somebody = await seedPerson(sql, undefined, { role })

    expect((await resolve('dismiss', { as: somebody })).status).toBe(403)
    expect((await adminApi(adminRoutes.listReports, somebody)).status).toBe(403)
  })
})
