import { randomUUID } from 'node:crypto'
import { allTrackRoutes as routes } from '../../../functions/tracks/all-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { useDatabase } from '../../support/database.ts'
import { addVersion, createStudio } from '../../support/studio.ts'

const { sql } = useDatabase()
const { as, join, createTrack, invite, accept, remove, engage, get } = createStudio(sql)

const notFound = { status: 404, problem: { code: 'not_found' } }

const list = (actor: Actor | undefined, track_id: string, query = {}) =>
  as(actor, routes.listCollaborators, { params: { track_id }, query })
const invitations = (actor: Actor, query = {}) => as(actor, routes.listInvitations, { query })
const upload = (actor: Actor, track_id: string) =>
  as(actor, routes.requestUpload, {
    params: { track_id },
    body: { filename: 'a.wav', content_type: 'audio/wav', size_bytes: 9, rights_confirmed: true },
  })
const toldOf = async (user: { id: string }) => {
  const rows = await sql<{ kind: string }[]>`
    select payload->>'kind' as kind from outbox where payload->>'recipient_id' = ${user.id} order by id
  `
  return rows.map(({ kind }) => kind)
}

async function setUp(fields: object = {}) {
  const [owner, ben] = [await join(), await join()]
  return { owner, ben, track_id: await createTrack(owner, fields) }
}

async function setUpPublic() {
  const all = await setUp({ visibility: 'public' })
  await addVersion(sql, all.track_id)
  return all
}

describe('an invitation', () => {
  test('tells the invited one enough to decide, of a track that they do not see yet', async () => {
    const { owner, ben, track_id } = await setUp()

    const { status, body } = await invite(owner, track_id, ben, {
      role: 'editor',
      credit: '  Mixing 🎛️ ',
      split_bps: 2_500,
    })

    expect(status).toBe(200)
    expect(body).toMatchObject({
      user: { id: ben.id },
      role: 'editor',
      status: 'invited',
      credit: 'Mixing 🎛️',
      accepted_at: null,
    })
    expect((await invitations(ben)).body.data).toEqual([
      {
        id: expect.any(String),
        track: { id: track_id, title: 'Low Tide' },
        owner: expect.objectContaining({ id: owner.id }),
        role: 'editor',
        credit: 'Mixing 🎛️',
        split_bps: 2_500,
        created_at: expect.any(String),
      },
    ])
    expect(await get(ben, track_id)).toMatchObject(notFound)
    expect(await toldOf(ben)).toContain('collaboration_invite')
  })

  test('accepted, opens the track, and its owner is told', async () => {
    const { owner, ben, track_id } = await setUp()
    await invite(owner, track_id, ben)

    expect(await accept(ben, track_id)).toMatchObject({ status: 200, body: { status: 'accepted' } })

    expect((await get(ben, track_id)).body.access).toMatchObject({ edit: true })
    expect((await invitations(ben)).body.data).toEqual([])
    expect(await toldOf(owner)).toEqual(['collaboration_accept'])
    expect(await accept(ben, track_id)).toMatchObject({ status: 200, body: { status: 'accepted' } })
    expect(await toldOf(owner)).toHaveLength(1)
  })

  test('declined, is gone', async () => {
    const { owner, ben, track_id } = await setUp()
    await invite(owner, track_id, ben)

    expect(await remove(ben, track_id, ben)).toMatchObject({ status: 204 })

    expect((await invitations(ben)).body.data).toEqual([])
    expect(await accept(ben, track_id)).toMatchObject(notFound)
  })

  test('can be accepted by nobody else', async () => {
    const { owner, ben, track_id } = await setUp()
    const cleo = await join()
    await invite(owner, track_id, ben)

    expect(await accept(cleo, track_id, ben.id)).toMatchObject(notFound)
    expect(await accept(owner, track_id, ben.id)).toMatchObject(notFound)
    expect(await accept(cleo, track_id)).toMatchObject(notFound)
    expect((await invitations(cleo)).body.data).toEqual([])
  })

  test('to a track that is deleted is not shown', async () => {
    const { owner, ben, track_id } = await setUp()
    await invite(owner, track_id, ben)
    await as(owner, routes.deleteTrack, { params: { track_id } })

    expect((await invitations(ben)).body.data).toEqual([])
    expect(await accept(ben, track_id)).toMatchObject(notFound)
  })

  test('is listed by pages, the newest first', async () => {
    const { owner, ben } = await setUp()
    const ids: string[] = []
    for (let n = 0; n < 3; n++) {
      const id = await createTrack(owner)
      await invite(owner, id, ben)
      ids.unshift(id)
    }

    const first = (await invitations(ben, { limit: 2 })).body
    const second = (await invitations(ben, { limit: 2, cursor: first.next_cursor })).body

    expect([...first.data, ...second.data].map(({ track }) => track.id)).toEqual(ids)
    expect([first.has_more, second.has_more]).toEqual([true, false])
    expect(await invitations(owner, { cursor: first.next_cursor })).toMatchObject({ status: 400 })
  })

  test('is refused from whoever does not own the track, an editor of it too', async () => {
    const { owner, ben, track_id } = await setUpPublic()
    const editor = await engage(owner, track_id)

    expect(await invite(ben, track_id, ben)).toMatchObject(notFound)
    expect(await invite(editor, track_id, ben)).toMatchObject(notFound)
    expect(await invite(editor, track_id, editor, { role: 'viewer' })).toMatchObject(notFound)
  })

  test.each([
    { name: 'nobody', who: async () => ({ id: randomUUID() }) },
    {
      name: 'an account that ends',
      who: async () => {
        const user = await join()
        await sql`update users set deletes_at = now() + interval '1 day' where id = ${user.id}`
        return user
      },
    },
  ])('of $name finds nobody', async ({ who }) => {
    const { owner, track_id } = await setUp()
    expect(await invite(owner, track_id, await who())).toMatchObject(notFound)
  })

  test.each(['owner', 'ben'] as const)('is refused where %s has blocked the other', async (blocker) => {
    const all = await setUp()
    const blocked = blocker === 'owner' ? all.ben : all.owner
    await sql`insert into blocks (blocker_id, blocked_id) values (${all[blocker].id}, ${blocked.id})`

    expect(await invite(all.owner, all.track_id, all.ben)).toMatchObject(notFound)
  })

  test('of the owner is refused', async () => {
    const { owner, track_id } = await setUp()
    expect(await invite(owner, track_id, owner)).toMatchObject({ status: 409, problem: { code: 'conflict' } })
  })

  test.each([
    { name: 'no role', body: {}, pointer: '#/body/role' },
    { name: 'an unknown role', body: { role: 'owner' }, pointer: '#/body/role' },
    {
      name: 'a share beyond the whole',
      body: { role: 'viewer', split_bps: 10_001 },
      pointer: '#/body/split_bps',
    },
    {
      name: 'a negative share',
      body: { role: 'viewer', split_bps: -1 },
      pointer: '#/body/split_bps',
    },
    { name: 'half a point', body: { role: 'viewer', split_bps: 0.5 }, pointer: '#/body/split_bps' },
    { name: 'a huge share', body: { role: 'viewer', split_bps: 1e308 }, pointer: '#/body/split_bps' },
    { name: 'an empty credit', body: { role: 'viewer', credit: ' ' }, pointer: '#/body/credit' },
    { name: 'reversed text', body: { role: 'viewer', credit: '\u202egnixiM' }, pointer: '#/body/credit' },
    {
      name: '2000 combining marks',
      body: { role: 'viewer', credit: `a${'\u0301'.repeat(2_000)}` },
      pointer: '#/body/credit',
    },
    { name: 'an unknown field', body: { role: 'viewer', status: 'accepted' }, pointer: '#/body/status' },
  ])('with $name is refused', async ({ body, pointer }) => {
    const { owner, ben, track_id } = await setUp()
    const { status, problem } = await invite(owner, track_id, ben, body)
    expect(status).toBe(422)
    expect(problem.errors).toEqual(expect.arrayContaining([expect.objectContaining({ pointer })]))
  })

  test.each(['a\0b', '\ud800'])('with a credit that no text can be, %j, is refused', async (credit) => {
    const { owner, ben, track_id } = await setUp()
    expect(await invite(owner, track_id, ben, { role: 'viewer', credit })).toMatchObject({ status: 400 })
  })

  test('is the fiftieth at most, also of many at once', async () => {
    const { owner, track_id } = await setUp()
    await sql`
      with made as (
        insert into users (username, display_name, email, password_hash)
        select 'many_' || n, 'x', 'many_' || n || '@example.test', '-' from generate_series(1, 48) n
        returning id
      )
      insert into track_collaborators (track_id, user_id, role) select ${track_id}, id, 'viewer' from made
    `
    const more = await Promise.all(Array.from({ length: 4 }, join))

    const answers = await Promise.all(more.map((user) => invite(owner, track_id, user)))

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 409, 409])
    const refused = answers.find(({ status }) => status === 409)!
    expect(refused.problem.code).toBe('too_many_collaborators')
  })
})

describe('a collaborator', () => {
  test.each([
    { role: 'viewer', edit: false },
    { role: 'commenter', edit: false },
    { role: 'editor', edit: true },
  ])('who is a $role sees the draft, and uploads only as an editor', async ({ role, edit }) => {
    const { owner, track_id } = await setUp()
    const user = await engage(owner, track_id, { role })

    expect((await get(user, track_id)).body.access.edit).toBe(edit)
    expect(await upload(user, track_id)).toMatchObject(edit ? { status: 201 } : notFound)
    expect(await as(user, routes.deleteTrack, { params: { track_id } })).toMatchObject(notFound)
  })

  test('gets another role and credit, and keeps what is left out', async () => {
    const { owner, track_id } = await setUp()
    const user = await engage(owner, track_id, { role: 'editor', credit: 'Mixing' })

    expect((await invite(owner, track_id, user, { role: 'viewer' })).body).toMatchObject({
      role: 'viewer',
      status: 'accepted',
      credit: 'Mixing',
    })
    expect((await invite(owner, track_id, user, { role: 'viewer', credit: null })).body.credit).toBeNull()
    expect(await upload(user, track_id)).toMatchObject(notFound)
    expect(await toldOf(user)).toEqual(['collaboration_invite'])
  })

  test('is taken off by the owner, once or twice', async () => {
    const { owner, track_id } = await setUp()
    const user = await engage(owner, track_id)

    expect(await remove(owner, track_id, user)).toMatchObject({ status: 204 })
    expect(await remove(owner, track_id, user)).toMatchObject({ status: 204 })

    expect(await get(user, track_id)).toMatchObject(notFound)
    expect(await upload(user, track_id)).toMatchObject(notFound)
    expect(await remove(user, track_id, user)).toMatchObject(notFound)
  })

  test('leaves by themselves, and takes nobody else off', async () => {
    const { owner, track_id } = await setUp()
    const [user, other] = [await engage(owner, track_id), await engage(owner, track_id)]

    expect(await remove(user, track_id, other)).toMatchObject(notFound)
    expect(await remove(user, track_id, user)).toMatchObject({ status: 204 })

    expect((await list(owner, track_id)).body.data.map((one) => one.user.id)).toEqual([other.id])
  })

  test('leaves nothing under way that could still come to play', async () => {
    const { owner, track_id } = await setUpPublic()
    const user = await engage(owner, track_id)
    const { body } = await upload(user, track_id)

    await remove(owner, track_id, user)

    const params = { track_id, upload_id: body.upload_id }
    expect((await as(owner, routes.getUpload, { params })).body).toMatchObject({
      status: 'failed',
      status_reason: 'uploader_removed',
      timeline: [{ status: 'uploading' }, { status: 'failed', reason: 'uploader_removed' }],
    })
    expect((await get(owner, track_id)).body).toMatchObject({ status: 'ready', version: { number: 1 } })
    expect(await upload(owner, track_id)).toMatchObject({ status: 201 })
  })

  test('whose first upload ends with their part leaves a draft that says why', async () => {
    const { owner, track_id } = await setUp()
    const user = await engage(owner, track_id)
    await upload(user, track_id)

    await invite(owner, track_id, user, { role: 'commenter' })

    expect((await get(owner, track_id)).body).toMatchObject({
      status: 'failed',
      status_reason: 'uploader_removed',
    })
  })
})

describe('the list', () => {
  test('shows to others who is credited, and to those who work on it everybody', async () => {
    const { owner, ben, track_id } = await setUpPublic()
    const named = await engage(owner, track_id, { role: 'viewer', credit: 'Vocals' })
    const unnamed = await engage(owner, track_id)
    await invite(owner, track_id, ben, { role: 'viewer', credit: 'Drums' })
    const idsFor = async (actor: Actor | undefined) =>
      (await list(actor, track_id)).body.data.map(({ user }) => user.id)

    expect(await idsFor(undefined)).toEqual([named.id])
    expect(await idsFor(ben)).toEqual([named.id])
    expect(await idsFor(unnamed)).toEqual([named.id, unnamed.id, ben.id])
    expect(await idsFor(owner)).toEqual([named.id, unnamed.id, ben.id])
  })

  test('leaves out whom a block stands between', async () => {
    const { owner, ben, track_id } = await setUpPublic()
    const named = await engage(owner, track_id, { role: 'viewer', credit: 'Vocals' })
    await sql`insert into blocks (blocker_id, blocked_id) values (${named.id}, ${ben.id})`

    expect((await list(ben, track_id)).body.data).toEqual([])
    expect((await get(ben, track_id)).body.credits).toEqual([])
    expect((await list(undefined, track_id)).body.data).toHaveLength(1)
  })

  test('of a hidden or an unknown track is not there', async () => {
    const { ben, track_id } = await setUp()
    expect(await list(ben, track_id)).toMatchObject(notFound)
    expect(await list(undefined, track_id)).toMatchObject(notFound)
    expect(await list(ben, randomUUID())).toMatchObject(notFound)
  })

  test('comes by pages, whose cursors are its own', async () => {
    const { owner, track_id } = await setUp()
    const users = [
      await engage(owner, track_id),
      await engage(owner, track_id),
      await engage(owner, track_id),
    ]

    const first = (await list(owner, track_id, { limit: 2 })).body
    const second = (await list(owner, track_id, { limit: 2, cursor: first.next_cursor })).body

    expect([...first.data, ...second.data].map(({ user }) => user.id)).toEqual(users.map(({ id }) => id))
    const other = await createTrack(owner)
    expect(await list(owner, other, { cursor: first.next_cursor })).toMatchObject({ status: 400 })
  })
})

test('a track names its credits, under another entity tag whenever they change', async () => {
  const { owner, track_id } = await setUpPublic()
  const tags = [(await get(undefined, track_id)).headers.etag]
  const user = await engage(owner, track_id, { role: 'viewer', credit: 'Vocals' })

  const named = await get(undefined, track_id)
  expect(named.body.credits).toEqual([
    {
      user: { id: user.id, username: expect.any(String), display_name: expect.any(String) },
      credit: 'Vocals',
    },
  ])
  tags.push(named.headers.etag)
  await sql`update users set display_name = 'B.', revision = revision + 1 where id = ${user.id}`
  tags.push((await get(undefined, track_id)).headers.etag)
  await remove(user, track_id, user)
  const after = await get(undefined, track_id)
  expect(after.body.credits).toEqual([])
  tags.push(after.headers.etag)

  expect(new Set(tags).size).toBe(4)
})
