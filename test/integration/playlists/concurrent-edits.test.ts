import fc from 'fast-check'
import { playlistRoutes as routes } from '../../../functions/playlists/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { type ItemCalls, itemsOf, join, walk } from '../../support/playlist-items.ts'
import { type Edit, explains, type ModelState, type Outcome } from '../../support/playlist-model.ts'
import { createPlaylistsApi, seedItems, seedTracks } from '../../support/playlists.ts'
import { seedActor } from '../../support/tracks.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const request = createPlaylistsApi(sql)

/** As many editors, each on a connection of their own. */
const most = 4
const tracksInAll = 8

interface Editor {
  readonly actor: Actor
  readonly items: ItemCalls
}

let owner: Actor
let tracks: string[]
let apis: ReturnType<typeof createPlaylistsApi>[]
beforeAll(async () => {
  owner = await seedActor(sql)
  tracks = await seedTracks(sql, owner.id, tracksInAll)
  apis = (await openConnections(most)).map((connection) => createPlaylistsApi(connection))
})

async function setUp(initial: number) {
  const body = { title: 'Slow Waters', visibility: 'public' }
  const playlist_id = (await request(routes.createPlaylist, { actor: owner, body })).body.id
  const ids = await seedItems(sql, playlist_id, tracks.slice(0, initial), owner.id)
  const editors: Editor[] = await Promise.all(
    apis.map(async (api) => {
      const actor = await seedActor(sql)
      await join(sql, playlist_id, actor, 'editor')
      return { actor, items: itemsOf(api, playlist_id, actor) }
    }),
  )
  return { playlist_id, ids, editors }
}

const readState = async (playlist_id: string) => {
  const items = await sql<{ id: string; track: string; rank: string; duration_ms: number }[]>`
    select id, track_id as track, rank, duration_ms from playlist_items
    where playlist_id = ${playlist_id}
    order by rank
  `
  const [row] = await sql<[{ revision: number; item_count: number; duration_ms: number }]>`
    select revision, item_count, duration_ms from playlists where id = ${playlist_id}
  `
  expect(new Set(items.map(({ rank }) => rank)).size).toBe(items.length)
  expect(row.item_count).toBe(items.length)
  expect(row.duration_ms).toBe(items.reduce((sum, { duration_ms }) => sum + duration_ms, 0))
  const state: ModelState = { items, revision: row.revision }
  return state
}

async function send({ items, actor }: Editor, edit: Edit): Promise<Outcome> {
  if (edit.kind === 'add') {
    const { track, after, allow_duplicates } = edit
    const body = { allow_duplicates, ...(after !== undefined && { after }) }
    const answer = await items.add(track, body, actor)
    return { status: answer.status, id: answer.body.id }
  }
  if (edit.kind === 'move') return items.move(edit.item, edit.after, actor)
  if (edit.kind === 'remove') return items.remove(edit.item, actor)
  return items.replace(edit.tracks, `"${edit.revision}"`, actor)
}

const number = fc.nat({ max: 1_000 })
/** What to do, with numbers that pick from what there is by then. */
const plan = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), one: number, place: number }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('move' as const), one: number, place: number }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), one: number }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('replace' as const),
      picks: fc.array(number, { maxLength: 10 }),
    }),
  },
)
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never

/** Mostly of items that are there, and now and then of one that is gone. */
function toEdit(planned: Plan, { items, revision }: ModelState, gone: readonly string[]): Edit | undefined {
  const ids = [...items.flatMap(({ id }) => id ?? []), ...gone.slice(-2)]
  const itemAt = (pick: number) => ids[pick % ids.length]
  const placeAt = (pick: number) => (pick % 5 === 0 ? null : (itemAt(pick) ?? null))
  const trackAt = (pick: number) => tracks[pick % tracks.length]!
  if (planned.kind === 'add') {
    const after = planned.place % 3 === 0 ? undefined : placeAt(planned.place)
    return { kind: 'add', track: trackAt(planned.one), after, allow_duplicates: planned.one % 2 === 0 }
  }
  if (planned.kind === 'replace') return { kind: 'replace', tracks: planned.picks.map(trackAt), revision }
  const item = itemAt(planned.one)
  if (item === undefined) return undefined
  return planned.kind === 'move'
    ? { kind: 'move', item, after: placeAt(planned.place) }
    : { kind: 'remove', item }
}

test('edits of several editors at once end as if they had been made one after the other', async () => {
  const rounds = fc.array(fc.array(plan, { minLength: 1, maxLength: most }), { minLength: 1, maxLength: 6 })

  await fc.assert(
    fc.asyncProperty(fc.nat({ max: tracksInAll }), rounds, async (initial, planned) => {
      const { playlist_id, editors } = await setUp(initial)
      const gone: string[] = []
      let state = await readState(playlist_id)
      for (const round of planned) {
        const edits = round.flatMap((one) => toEdit(one, state, gone) ?? [])
        const outcomes = await Promise.all(edits.map((edit, at) => send(editors[at]!, edit)))
        const end = await readState(playlist_id)
        const done = edits.map((edit, at) => [edit, outcomes[at]!] as const)
        if (!explains(state, done, end)) {
          throw new Error(
            `No order of these edits explains what came of them: ${JSON.stringify({ state, done, end })}`,
          )
        }
        gone.push(...state.items.flatMap(({ id }) => (end.items.some((item) => item.id === id) ? [] : id!)))
        state = end
      }
    }),
    { numRuns: 40 },
  )
}, 120_000)

test('two editors who move the same item at once both succeed, and it ends where the later one put it', async () => {
  for (let round = 0; round < 10; round++) {
    const { playlist_id, ids, editors } = await setUp(5)
    const [one, two] = editors

    const answers = await Promise.all([one!.items.move(ids[2]!, null), two!.items.move(ids[2]!, ids[4]!)])

    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    const { items, revision } = await readState(playlist_id)
    const others = [ids[0], ids[1], ids[3], ids[4]]
    expect([
      [ids[2], ...others],
      [...others, ids[2]],
    ]).toContainEqual(items.map(({ id }) => id))
    expect(revision).toBe(3)
  }
})

test('many who add at one place at once all succeed', async () => {
  const { playlist_id, ids, editors } = await setUp(2)
  const more = await seedTracks(sql, owner.id, 40)

  const answers = await Promise.all(
    more.map((track, at) => editors[at % most]!.items.add(track, { after: ids[0] })),
  )

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
  const { items, revision } = await readState(playlist_id)
  expect(items).toHaveLength(42)
  expect([items[0]!.id, items.at(-1)!.id]).toEqual(ids)
  expect(new Set(items.map(({ track }) => track))).toEqual(new Set([...tracks.slice(0, 2), ...more]))
  expect(revision).toBe(41)
})

test('the same track added by many at once is there once', async () => {
  const { playlist_id, editors } = await setUp(0)

  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, at) => editors[at % most]!.items.add(tracks[0]!)),
  )

  expect(answers.map(({ status }) => status).sort()).toEqual([...Array(11).fill(200), 201])
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
  expect((await readState(playlist_id)).items).toHaveLength(1)
})

test('the last free place is taken by one', async () => {
  const { playlist_id, editors } = await setUp(0)
  await seedItems(sql, playlist_id, Array(9_999).fill(tracks[0]))

  const answers = await Promise.all(
    editors.map(({ items }, at) => items.add(tracks[at]!, { allow_duplicates: true })),
  )

  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409])
  expect((await readState(playlist_id)).items).toHaveLength(10_000)
})

test('a collaborator who is put out in the midst of it adds nothing afterwards', async () => {
  const { playlist_id, editors } = await setUp(0)
  const [leaver] = editors
  const more = await seedTracks(sql, leaver!.actor.id, 30)
  const { actor } = leaver!
  const ownerApi = itemsOf(apis[1]!, playlist_id, owner)

  const adding = more.map((track, at) => itemsOf(apis[at % 2 === 0 ? 0 : 2]!, playlist_id, actor).add(track))
  const putOut = request(routes.removePlaylistCollaborator, {
    actor: owner,
    params: { playlist_id, user_id: actor.id },
  }).then(async ({ status }) => ({ status, present: (await readState(playlist_id)).items.length }))
  const [answers, { status, present }] = await Promise.all([Promise.all(adding), putOut])

  expect(status).toBe(204)
  const added = answers.filter((answer) => answer.status === 201).length
  expect(answers.every((answer) => answer.status === 201 || answer.status === 403)).toBe(true)
  expect((await readState(playlist_id)).items).toHaveLength(added)
  expect(present).toBe(added)
  expect(await walk(ownerApi)).toHaveLength(added)
})
