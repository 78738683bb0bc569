import { allTrackRoutes as routes } from '../../../functions/tracks/all-routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { findSplitsInForce } from '../../../lib/collaboration/splits-in-force.ts'
import { createCallbackService } from '../../../lib/media/streams/callback-service.ts'
import { createRelationService } from '../../../lib/relations/service.ts'
import { lockEditableTrack } from '../../../lib/tracks/locks.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { addVersion, createStudio } from '../../support/studio.ts'
import { createBuckets } from '../../support/tracks.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const { as, join, createTrack, invite, accept, engage, get } = createStudio(sql)
const { media } = createBuckets()
const rounds = 10

const upload = (actor: Actor, track_id: string, studio = { as }) =>
  studio.as(actor, routes.requestUpload, {
    params: { track_id },
    body: { filename: 'a.wav', content_type: 'audio/wav', size_bytes: 9, rights_confirmed: true },
  })

async function setUp() {
  const owner = await join()
  const track_id = await createTrack(owner, { visibility: 'public' })
  await addVersion(sql, track_id)
  return { owner, track_id, editor: await engage(owner, track_id) }
}

async function openStudios(count: number) {
  const connections = await openConnections(count)
  return connections.map((connection) => ({ ...createStudio(connection), sql: connection }))
}

describe('an editor who is taken off', () => {
  test('while an edit of theirs holds the track, is taken off after it', async () => {
    const { owner, track_id, editor } = await setUp()
    const [writer, remover] = await openStudios(2)
    const order: string[] = []
    let removing: Promise<unknown> | undefined

    await writer!.sql.begin(async (tx) => {
      expect(await lockEditableTrack(tx, track_id, editor.id)).toBeDefined()
      removing = remover!.remove(owner, track_id, editor).then(() => order.push('removed'))
      await isWaiting()
      order.push('edited')
    })
    await removing

    expect(order).toEqual(['edited', 'removed'])
    expect(await upload(editor, track_id)).toMatchObject({ status: 404 })
  })

  test('finds the track no more where the removal holds it, though they asked before it was done', async () => {
    const { track_id, editor } = await setUp()
    const [writer, remover] = await openStudios(2)
    let writing: Promise<{ status: number }> | undefined

    await remover!.sql.begin(async (tx) => {
      await tx`select from tracks where id = ${track_id} for no key update`
      await tx`delete from track_collaborators where track_id = ${track_id} and user_id = ${editor.id}`
      writing = upload(editor, track_id, writer)
      await isWaiting()
    })

    expect((await writing!).status).toBe(404)
    expect(await sql`select from uploads where track_id = ${track_id} and created_by = ${editor.id}`).toEqual(
      [],
    )
  })

  test('at the same time as they ask for an upload, leaves none that could come to play', async () => {
    const [writer, remover] = await openStudios(2)
    for (let round = 0; round < rounds; round++) {
      const { owner, track_id, editor } = await setUp()

      const [granted, removed] = await Promise.all([
        upload(editor, track_id, writer),
        remover!.remove(owner, track_id, editor),
      ])

      expect(removed.status).toBe(204)
      const uploads = await sql`
        select status, status_reason from uploads where track_id = ${track_id} and created_by = ${editor.id}
      `
      const expected = granted.status === 201 ? [{ status: 'failed', status_reason: 'uploader_removed' }] : []
      expect(uploads).toEqual(expected)
    }
  })

  test('at the same time as a version of theirs gets ready, either has published it or never will', async () => {
    const [reporter, remover] = await openStudios(2)
    for (let round = 0; round < rounds; round++) {
      const { owner, track_id, editor } = await setUp()
      const next = await addVersion(sql, track_id, { status: 'transcoding', created_by: editor.id })
      const report = (on = sql) =>
        createCallbackService({ sql: on, media }).ready(track_id, {
          version_id: next.version_id,
          job_id: next.job_id,
          manifest_key: 'next.m3u8',
          renditions: [],
        })

      const [reported] = await Promise.all([report(reporter!.sql), remover!.remove(owner, track_id, editor)])

      const [{ status }] = await sql<
        [{ status: string }]
      >`select status from uploads where id = ${next.upload_id}`
      const { body } = await get(owner, track_id)
      expect([reported, status, body.version?.number]).toEqual(
        reported === 'accepted' ? ['accepted', 'ready', 2] : ['ignored', 'failed', 1],
      )
      expect(await report()).toBe(reported)
    }
  })
})

test('an invitation is accepted or taken back, never both', async () => {
  const [accepter, remover] = await openStudios(2)
  for (let round = 0; round < rounds; round++) {
    const { owner, track_id } = await setUp()
    const ben = await join()
    await invite(owner, track_id, ben)

    await Promise.all([accepter!.accept(ben, track_id), remover!.remove(owner, track_id, ben)])

    const rows =
      await sql`select from track_collaborators where track_id = ${track_id} and user_id = ${ben.id}`
    expect(rows).toEqual([])
    expect(await upload(ben, track_id)).toMatchObject({ status: 404 })
  }
})

test('a block leaves neither an invitation nor a collaboration, whatever happens at the same time', async () => {
  const [inviter, accepter, blocker] = await openStudios(3)
  const relations = createRelationService({ sql: blocker!.sql, relay: { flushSoon: async () => {} } })
  for (let round = 0; round < rounds; round++) {
    const owner = await join()
    const ben = await join()
    const [first, second] = [await createTrack(owner), await createTrack(owner)]
    await invite(owner, first, ben)

    const answers = await Promise.all([
      inviter!.invite(owner, second, ben),
      accepter!.accept(ben, first),
      round % 2 ? relations.block(ben, owner.id) : relations.block(owner, ben.id),
    ])

    expect(answers.slice(0, 2).every((answer) => [200, 404].includes(answer!.status))).toBe(true)
    expect(await sql`select from track_collaborators where user_id = ${ben.id}`).toEqual([])
  }
})

test('parties who accept at once put the sheet in force once', async () => {
  const { owner, track_id, editor } = await setUp()
  const others = [await engage(owner, track_id), await engage(owner, track_id)]
  const parties = [editor, ...others]
  const entries = parties.map(({ id }) => ({ user_id: id, split_bps: 1_000 }))
  await as(owner, routes.proposeSplits, { params: { track_id }, body: { entries } })
  const studios = await openStudios(4)

  const answers = await Promise.all([
    ...parties.map((party, at) =>
      studios[at]!.as(party, routes.acceptSplits, { params: { track_id }, body: { revision: 1 } }),
    ),
    studios[3]!.as(owner, routes.proposeSplits, { params: { track_id }, body: { entries } }),
  ])

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect(await sql`select revision, status from split_sheets where track_id = ${track_id}`).toEqual([
    { revision: 1, status: 'in_force' },
  ])
})

test('a sheet that is accepted and replaced at once is one of the two, whole', async () => {
  const [accepter, proposer] = await openStudios(2)
  for (let round = 0; round < rounds; round++) {
    const { owner, track_id, editor } = await setUp()
    const propose = (split_bps: number, studio = { as }) =>
      studio.as(owner, routes.proposeSplits, {
        params: { track_id },
        body: { entries: [{ user_id: editor.id, split_bps }] },
      })
    await propose(1_000)

    const [accepted, replaced] = await Promise.all([
      accepter!.as(editor, routes.acceptSplits, { params: { track_id }, body: { revision: 1 } }),
      propose(9_000, proposer),
    ])

    expect(replaced.status).toBe(200)
    expect([200, 409]).toContain(accepted.status)
    const shares = await findSplitsInForce(sql, track_id)
    const held = shares.find(({ user_id }) => user_id === editor.id)?.split_bps
    expect(held).toBe(accepted.status === 200 ? 1_000 : undefined)
    expect(shares.reduce((sum, { split_bps }) => sum + split_bps, 0)).toBe(10_000)
  }
})

test('nobody is invited, nor stays so, whose account ends at the same time', async () => {
  const [inviter, burier] = await openStudios(2)
  const bury = (now: Date) => buryDueAccount(burier!.sql, now)
  for (let round = 0; round < rounds; round++) {
    const { owner, track_id } = await setUp()
    const ben = await join()
    await invite(owner, track_id, ben)
    const other = await createTrack(owner)
    const now = new Date()
    await sql`update users set deletes_at = ${now} where id = ${ben.id}`

    const [answer] = await Promise.all([inviter!.invite(owner, other, ben), bury(now)])

    expect(answer.status).toBe(404)
    expect(await sql`select from track_collaborators where user_id = ${ben.id}`).toEqual([])
    expect(await accept(ben, track_id)).toMatchObject({ status: 404 })
  }
})

/** Once somebody waits for a lock in this database. */
async function isWaiting(): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const waiting = await sql`
      select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and state = 'active'
    `
    if (waiting.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('Nobody waits')
}
