import { createTrackHandlers } from '../../../functions/tracks/handlers.ts'
import { trackRoutes } from '../../../functions/tracks/routes.ts'
import type { Actor } from '../../../lib/auth/actor.ts'
import { addToCount, foldCounts } from '../../../lib/counts/counts.ts'
import { createApi } from '../../../lib/http/api.ts'
import { countTags, rankTracks, refreshRenamed } from '../../../lib/search/ranking.ts'
import { call, unlimited } from '../../support/api.ts'
import { useDatabase } from '../../support/database.ts'
import { addLibraryTrack, type LibraryTrack } from '../../support/library.ts'
import { composeTrackServices } from '../../support/track-api.ts'
import { seedActor } from '../../support/tracks.ts'

const { sql } = useDatabase()
const actors = new Map<string, Actor>()
const handler = createApi(trackRoutes, createTrackHandlers(composeTrackServices(sql, () => new Date())), {
  service: 'tracks',
  corsOrigins: [],
  takeCall: unlimited,
  verifyToken: async (header) => {
    const actor = actors.get(header ?? '')
    return actor && { actor, expires_at: 4_000_000_000 }
  },
})

let ada: Actor
let ben: Actor
beforeAll(async () => {
  ada = await seedActor(sql, 'ada')
  ben = await seedActor(sql, 'ben')
  actors.set('ada', ada).set('ben', ben)
})

/** Every test has a library of its own. */
beforeEach(async () => {
  await sql`delete from track_search`
  await sql`update tracks set deleted_at = now() where deleted_at is null`
  await sql`delete from search_vocabulary`
})

const add = (track: LibraryTrack, owner = ada) => addLibraryTrack(sql, owner.id, track)
type Query = Readonly<Record<string, string | number>>
const list = (query: Query, who?: string) =>
  call(handler, trackRoutes.listTracks, { query, ...(who && { headers: { authorization: who } }) })
const titles = async (query: Query, who?: string) =>
  (await list(query, who)).body.data.map(({ title }) => title)
const learn = async () => {
  while ((await rankTracks(sql, new Date())) > 0);
}
const like = async (id: string, times: number) => {
  for (let at = 0; at < times; at++) await addToCount(sql, 'like_count', id, 1)
  await foldCounts(sql)
}

describe('words', () => {
  const sea: LibraryTrack = {
    title: 'Océan Bleu',
    description: 'Recorded on the pier',
    lyrics: 'waves that carry me home',
    tags: ['field recording'],
    genre: 'Ambient',
  }

  test.each([
    { q: 'ocean', finds: 'the title without its accents' },
    { q: 'OCÉAN BLEU', finds: 'it in capitals' },
    { q: 'oce', finds: 'what is still being typed' },
    { q: 'bleu ocean', finds: 'words in any order' },
    { q: 'ada bleu', finds: 'artist and title together' },
    { q: 'ada of veza', finds: 'the name of the artist' },
    { q: 'pier', finds: 'the description' },
    { q: 'carry home', finds: 'the lyrics' },
    { q: 'field', finds: 'a tag' },
    { q: 'ada waves', finds: 'artist and lyrics together' },
    { q: 'ocaen', finds: 'two letters the wrong way round' },
    { q: 'bleau', finds: 'a letter too many' },
  ])('$q finds $finds', async ({ q }) => {
    await add(sea)
    await add({ title: 'Something Else' }, ben)
    await learn()

    expect(await titles({ q })).toEqual(['Océan Bleu'])
  })

  test.each(['desert', 'ada desert', 'ocean desert', '   ', '!!!'].slice(0, 3))(
    '%s finds nothing',
    async (q) => {
      await add(sea)
      await learn()

      expect(await titles({ q })).toEqual([])
    },
  )

  test('the track that is called just so comes first, however little it is known', async () => {
    const famous = await add({ title: 'Tha Remix Of The Year' })
    await add({ title: 'Tha' })
    await add({ title: 'Another', lyrics: 'tha tha tha' })
    await like(famous, 500)
    await learn()

    expect(await titles({ q: 'tha' })).toEqual(['Tha', 'Tha Remix Of The Year', 'Another'])
  })

  test.each([
    { title: '東京の夜', q: '夜' },
    { title: '서울의 밤', q: '밤' },
    { title: 'حبيبي يا نور', q: 'حبيبي' },
    { title: 'שיר אהבה', q: 'אהבה' },
    { title: 'Ночь', q: 'ночь' },
    { title: 'नमस्ते दुनिया', q: 'दुनिया' },
    { title: '🌊 waves', q: '🌊' },
    { title: 'Straße', q: 'strasse' },
    { title: 'Don’t Go', q: "don't" },
    { title: 'lo-fi beats', q: 'lo-fi' },
    { title: '808 & Heartbreak', q: '808' },
  ])('$q finds $title', async ({ title, q }) => {
    await add({ title })

    expect(await titles({ q })).toEqual([title])
  })

  test.each([
    ['operators', "a & b | !c <-> ( ':* )"],
    ['quotes', `'"'; drop table tracks; --\\`],
    ['a wildcard', '%_%'],
    ['two hundred emoji', '🎵'.repeat(100)],
    ['only marks', '!!! ... ???'],
    ['only spaces', '   '],
    ['right to left', 'שלום עולם'],
    ['what nobody sees', '\u200b\u200d\ufeff'],
    ['two hundred words', 'a '.repeat(100)],
    ['lexemes of ours', 'genre:house \\001genre:house'],
  ])('%s does no harm', async (_, q) => {
    await add(sea)
    const { status } = await list({ q })

    expect(status).toBe(200)
  })

  test.each([
    ['longer than 200 characters', { q: 'a'.repeat(201) }, '#/query/q'],
    ['of control characters', { q: 'a\u0001genre:house' }, '#/query/q'],
    ['by relevance of nothing', { sort: 'relevance' }, '#/query/sort'],
    ['of an unknown order', { sort: 'loudness' }, '#/query/sort'],
    ['of no tempo', { bpm_min: 'fast' }, '#/query/bpm_min'],
    ['of six tags', { tag: 'a,b,c,d,e,f' }, '#/query/tag'],
    ['of what there is not', { colour: 'blue' }, '#/query/colour'],
  ])('a search %s is refused', async (_, query, pointer) => {
    const { status, problem } = await list(query as Query)

    expect(status).toBe(422)
    expect(problem.errors?.map((error) => error.pointer)).toContain(pointer)
  })
})

describe('filters', () => {
  beforeEach(async () => {
    await add({
      title: 'One',
      genre: 'House',
      tags: ['deep', 'warm'],
      bpm: 124,
      musical_key: 'F#m',
      duration_ms: 61_000,
    })
    await add({
      title: 'Two',
      genre: 'house',
      tags: ['deep'],
      bpm: 128,
      musical_key: '11A',
      license: 'cc_by',
    })
    await add({ title: 'Three', genre: 'Ambient', tags: ["o'clock"], bpm: 70, musical_key: 'C' }, ben)
  })

  test.each([
    { query: { genre: 'HOUSE' }, finds: ['Two', 'One'] },
    { query: { tag: 'deep' }, finds: ['Two', 'One'] },
    { query: { tag: 'deep,warm' }, finds: ['One'] },
    { query: { tag: "o'clock" }, finds: ['Three'] },
    { query: { artist: 'ben' }, finds: ['Three'] },
    { query: { artist: 'BEN', genre: 'ambient' }, finds: ['Three'] },
    { query: { bpm_min: 124, bpm_max: 127 }, finds: ['One'] },
    { query: { bpm_min: 125 }, finds: ['Two'] },
    { query: { bpm_max: 100 }, finds: ['Three'] },
    { query: { bpm_min: 130, bpm_max: 120 }, finds: [] },
    { query: { key: 'Gbm' }, finds: ['Two', 'One'] },
    { query: { key: 'C major' }, finds: ['Three'] },
    { query: { duration_max: 61_000 }, finds: ['One'] },
    { query: { duration_min: 61_001 }, finds: ['Three', 'Two'] },
    { query: { license: 'cc_by' }, finds: ['Two'] },
    { query: { purchasable: 'false' }, finds: ['Three', 'Two', 'One'] },
    { query: { purchasable: 'true' }, finds: [] },
    { query: { q: 'ada', genre: 'house', bpm_max: 125 }, finds: ['One'] },
    { query: { artist: 'nobody' }, finds: [] },
  ])('$query', async ({ query, finds }) => {
    expect(await titles(query as unknown as Query)).toEqual(finds)
  })

  test('are counted beside the list', async () => {
    const { body } = await call(handler, trackRoutes.countTracks, { query: { artist: 'ada' } })

    expect(body).toEqual({
      genres: [{ value: 'house', count: 2 }],
      tags: [
        { value: 'deep', count: 2 },
        { value: 'warm', count: 1 },
      ],
      keys: [{ value: '11A', count: 2 }],
      bpms: [{ value: '120', count: 2 }],
      durations: [
        { value: '1', count: 1 },
        { value: '3', count: 1 },
      ],
      counted: 2,
      is_estimate: false,
    })
  })
})

describe('who finds what', () => {
  test.each(['private', 'unlisted', 'scheduled'])('nobody finds a track that is %s', async (visibility) => {
    const id = await add({ title: 'Hidden Gem' })
    expect(await titles({ q: 'gem' })).toEqual(['Hidden Gem'])
    await sql`update tracks set visibility = ${visibility}, release_at = '2999-01-01' where id = ${id}`

    expect(await titles({ q: 'gem' })).toEqual([])
    expect(await titles({ q: 'gem' }, 'ada')).toEqual([])
    expect(await titles({})).toEqual([])
    expect(await titles({ artist: 'ada' })).toEqual([])
    expect(await titles({ artist: 'ada' }, 'ada')).toContain('Hidden Gem')
  })

  test('nobody finds a track that is deleted, and everybody again once it is back', async () => {
    const id = await add({ title: 'Phoenix' })
    await sql`update tracks set deleted_at = now() where id = ${id}`
    expect(await titles({ q: 'phoenix' })).toEqual([])
    await sql`update tracks set deleted_at = null where id = ${id}`

    expect(await titles({ q: 'phoenix' })).toEqual(['Phoenix'])
  })

  test('two between whom a block stands find nothing of each other, not even counted', async () => {
    await add({ title: 'Blocked Song', genre: 'dub' }, ben)
    await sql`insert into blocks (blocker_id, blocked_id) values (${ben.id}, ${ada.id})`
    const facets = await call(handler, trackRoutes.countTracks, {
      query: { genre: 'dub' },
      headers: { authorization: 'ada' },
    })

    expect(await titles({ q: 'blocked song' }, 'ada')).toEqual([])
    expect(await titles({ sort: 'popular' }, 'ada')).toEqual([])
    expect(await titles({}, 'ada')).toEqual([])
    expect(facets.body.counted).toBe(0)
    expect(await titles({ q: 'blocked song' })).toEqual(['Blocked Song'])
    await sql`delete from blocks`
  })

  test('nobody finds anything of an artist who is about to be deleted, not even counted, until they stay', async () => {
    const cyd = await seedActor(sql)
    await add({ title: 'Low Tide', tags: ['sea'], genre: 'Ambient' }, cyd)
    await learn()
    const found = async (q: string) => ({
      listed: await titles({ q }),
      counted: (await call(handler, trackRoutes.countTracks, { query: { q } })).body.counted,
      suggested: (await call(handler, trackRoutes.suggest, { query: { q } })).body.data.length,
    })
    await sql`update users set deletes_at = now() + interval '1 day' where id = ${cyd.id}`
    for (const q of ['low tide', 'low tidde']) {
      expect(await found(q)).toEqual({ listed: [], counted: 0, suggested: 0 })
    }
    expect((await call(handler, trackRoutes.countTracks, { query: {} })).body.genres).toEqual([])

    await sql`update users set deletes_at = null where id = ${cyd.id}`
    expect(await found('low tide')).toEqual({ listed: ['Low Tide'], counted: 1, suggested: 1 })
  })

  test('a new title is found at once and the old one no more', async () => {
    const id = await add({ title: 'Before' })
    await sql`update tracks set title = 'After' where id = ${id}`

    expect(await titles({ q: 'before' })).toEqual([])
    expect(await titles({ q: 'after' })).toEqual(['After'])
  })

  test('the new name of an artist is found once the clock has come by', async () => {
    await add({ title: 'Signature' })
    await sql`update users set display_name = 'Zoë Quill' where id = ${ada.id}`
    while ((await refreshRenamed(sql)) > 0);

    expect(await titles({ q: 'zoe quill signature' })).toEqual(['Signature'])
    await sql`update users set display_name = 'ada of Veza' where id = ${ada.id}`
    while ((await refreshRenamed(sql)) > 0);
  })
})

describe('orders', () => {
  test('popular counts plays, likes and reposts; trending what happened lately', async () => {
    const [old, hot, quiet] = [
      await add({ title: 'Old' }),
      await add({ title: 'Hot' }),
      await add({ title: 'Quiet' }),
    ]
    await like(old, 50)
    while ((await rankTracks(sql, new Date('2026-06-01T00:00:00Z'))) > 0);
    await like(hot, 20)
    await like(quiet, 1)
    while ((await rankTracks(sql, new Date('2026-07-01T00:00:00Z'))) > 0);

    expect(await titles({ sort: 'popular' })).toEqual(['Old', 'Hot', 'Quiet'])
    expect(await titles({ sort: 'trending' })).toEqual(['Hot', 'Quiet', 'Old'])
    expect(await titles({ sort: 'trending', period: 'month' })).toEqual(['Hot', 'Old', 'Quiet'])
    expect(await titles({ sort: 'trending', period: 'all' })).toEqual(['Old', 'Hot', 'Quiet'])
  })

  test.each([
    { sort: 'newest' },
    { sort: 'newest', genre: 'x' },
    { sort: 'popular' },
    { sort: 'popular', genre: 'x' },
    { q: 'song' },
    { q: 'song', sort: 'newest' },
    { q: 'sogn' },
    { artist: 'ada' },
    { artist: 'ada', sort: 'popular' },
  ])('%j is paged without a gap or a double', async (query) => {
    for (let at = 0; at < 23; at++) {
      const id = await add({
        title: at % 5 === 0 ? 'Song' : `Song ${at}`,
        genre: 'x',
        published_at: new Date(1.7e12 + (at >> 2)),
      })
      await like(id, at % 3)
    }
    await learn()

    const seen: string[] = []
    let cursor: string | null = null
    do {
      const { body } = await list({ ...query, limit: 4, ...(cursor && { cursor }) } as Query)
      seen.push(...body.data.map(({ id }) => id))
      cursor = body.next_cursor
    } while (cursor)

    expect(new Set(seen).size).toBe(23)
    expect(seen).toHaveLength(23)
  })

  test.each([{ q: 'other' }, { q: 'song', genre: 'x' }, { sort: 'popular' }, {}])(
    'a cursor of another query is refused by %j',
    async (query) => {
      for (let at = 0; at < 3; at++) await add({ title: `Song ${at}` })
      const { body } = await list({ q: 'song', limit: 1 })
      const { status, problem } = await list({ ...query, cursor: body.next_cursor! } as Query)

      expect([status, problem.code]).toEqual([400, 'invalid_request'])
    },
  )
})

describe('suggestions', () => {
  const suggest = async (q: string, who?: string) => {
    const headers = who ? { headers: { authorization: who } } : {}
    const { body } = await call(handler, trackRoutes.suggest, { query: { q }, ...headers })
    return body.data.map(({ kind, text }) => `${kind} ${text}`)
  }

  test('complete artists, tracks and tags, the best known first', async () => {
    const known = await add({ title: 'Adagio', tags: ['adventure'] })
    await add({ title: 'Adamant' })
    await like(known, 30)
    await learn()
    await countTags(sql)

    expect(await suggest('ada')).toEqual(['artist ada of Veza', 'track Adagio', 'track Adamant'])
    expect(await suggest('adv')).toEqual(['tag adventure'])
  })

  test('a mistyped word still leads somewhere', async () => {
    await add({ title: 'Lighthouse' })
    await learn()

    expect(await suggest('lihgthouse')).toEqual(['track Lighthouse'])
  })

  test('name nothing that is private, nor whoever is blocked', async () => {
    await add({ title: 'Xylophone' }, ben)
    const id = await add({ title: 'Xyster' })
    await sql`update tracks set visibility = 'private' where id = ${id}`
    await sql`insert into blocks (blocker_id, blocked_id) values (${ada.id}, ${ben.id})`

    expect(await suggest('xy', 'ada')).toEqual([])
    expect(await suggest('xy')).toEqual(['track Xylophone'])
    await sql`delete from blocks`
  })

  test.each(['%', '_', '\\', "'", '((', '🎵'.repeat(50), '\u200b'])('%s does no harm', async (q) => {
    await add({ title: 'Plain' })
    const { status, body } = await call(handler, trackRoutes.suggest, { query: { q } })

    expect([status, body.data]).toEqual([200, []])
  })
})
