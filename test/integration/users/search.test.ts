import { userRoutes } from '../../../functions/users/routes.ts'
import { encodeCursor } from '../../../lib/http/cursor.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { createPeople } from '../../support/people.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const { enter, request } = createPeople(sql)

const someId = '0199f0f0-0000-7000-8000-000000000001'

beforeEach(async () => {
  await sql`delete from users`
  await sql`delete from name_vocabulary`
})

const add = async (username: string, display_name: string = username, state: object = {}) => {
  const email = `${username}@example.test`
  const row = { username, display_name, email, email_verified_at: new Date(), password_hash: '-', ...state }
  const [user] = await sql<[{ id: string }]>`insert into users ${sql(row)} returning id`
  return user.id
}

const search = (q: string, query = {}, token?: string) =>
  request(userRoutes.searchUsers, { query: { q, ...query }, token })

const found = async (q: string, query = {}, token?: string) =>
  (await search(q, query, token)).body.data.map(({ username }) => username)

test('puts who is called just so first, then who begins so, by username, then by name', async () => {
  await add('novak', 'Somebody')
  await add('nova_fan')
  await add('nova')
  await add('zoe', 'Nova Zoë')
  await add('supernova')

  expect(await found('nova')).toEqual(['nova', 'nova_fan', 'novak', 'zoe'])
})

test.each([
  { q: 'bjork', why: 'without its accents' },
  { q: 'BJÖRK', why: 'in capitals' },
  { q: 'bjo\u0308rk', why: 'decomposed' },
  { q: 'gudmunds', why: 'by the beginning of a later word' },
  { q: 'gudmundsdottir bjork', why: 'by its words in another order' },
  { q: 'bjrok', why: 'with two letters that changed places' },
  { q: 'bjor', why: 'by its beginning' },
  { q: 'byork', why: 'with a wrong letter' },
  { q: 'biork gudmundsdotir', why: 'with a slip in each word' },
  { q: 'kudmundsdottir', why: 'with a wrong first letter' },
  { q: 'gudmunsdottir', why: 'with a letter left out' },
  { q: '@the_icelander', why: 'by the username, as it is mentioned' },
  { q: 'icelander', why: 'by a part of the username' },
])('finds a name $why', async ({ q }) => {
  await add('the_icelander', 'Björk Guðmundsdóttir')
  await add('somebody_else', 'Kraftwerk')

  expect(await found(q)).toEqual(['the_icelander'])
})

test.each([
  { name: 'Иван Петров', q: 'петров' },
  { name: 'Έλλη Κοκκίνου', q: 'ελλη' },
  { name: '田中太郎', q: '田中' },
  { name: 'محمد عبده', q: 'عبده' },
  { name: 'हिन्दी गायक', q: 'गायक' },
  { name: '😀 Smile', q: '😀' },
  { name: "Sinéad O'Connor", q: "o'connor" },
])('finds $name by $q', async ({ name, q }) => {
  await add('someone', name)

  expect(await found(q)).toEqual(['someone'])
})

test.each([
  '%',
  '_',
  '\\',
  "'",
  '" or 1=1',
  ':*',
  '& | !',
  "'x':*",
  '()',
  '<->',
  '\u200b',
  '🏳️‍🌈',
  '\u0301\u0301',
  'a '.repeat(50),
])('takes %j for text', async (q) => {
  await add('somebody')

  expect(await search(q)).toMatchObject({ status: 200, body: { data: [], next_cursor: null } })
})

test.each([
  {},
  { q: '' },
  { q: ' ' },
  { q: '@' },
  { q: 'x'.repeat(101) },
  { q: 'a\0b' },
  { q: 'a', page: 2 },
])('refuses the query %j', async (query) => {
  expect(await request(userRoutes.searchUsers, { query })).toMatchObject({
    status: 422,
    problem: { code: 'validation_failed' },
  })
})

test('goes on at the cursor through every way of being found, naming each user once', async () => {
  await add('anna')
  await add('anna_two', 'Anna Two')
  for (const [at, name] of ['Anna B', 'Anna Ç', 'Anna D'].entries()) await add(`by_${at}`, name)
  for (const name of ['joanna', 'susanna']) await add(name, `${name} and Anna`)
  for (const name of ['anne_x', 'ana_x', 'anni_x']) await add(name, 'Nobody')
  const all = await found('anna', { limit: 100 })

  const pages: string[] = []
  let cursor: string | null = null
  do {
    const { body } = await search('anna', { limit: 2, ...(cursor && { cursor }) })
    pages.push(...body.data.map(({ username }) => username))
    cursor = body.next_cursor
    expect(body.has_more).toBe(cursor !== null)
  } while (cursor)

  expect(pages).toEqual(all)
  expect(all.slice(0, 5)).toEqual(['anna', 'anna_two', 'by_0', 'by_1', 'by_2'])
  expect(new Set(all).size).toBe(10)
})

test('refuses the cursor of another search, and a forged one', async () => {
  for (const name of ['anna', 'anna_two', 'annabel']) await add(name)
  const cursor = (await search('anna', { limit: 1 })).body.next_cursor!

  for (const [q, given] of [
    ['ann', cursor],
    ['anna', encodeCursor('users:anna', [2, 'x', someId])],
    ['anna', encodeCursor('users:anna', [0, 1, someId])],
    ['anna', encodeCursor('users:anna', [0, 'a\0', someId])],
    ['anna', encodeCursor('users:anna', [9, 'a', someId])],
    ['anna', encodeCursor('users:anna', [0, 'a', 'x'])],
  ] as const) {
    expect(await search(q, { cursor: given })).toMatchObject({
      status: 400,
      problem: { code: 'invalid_request' },
    })
  }
})

test.each([
  { name: 'who has not verified their address', state: { email_verified_at: null } },
  { name: 'about to be deleted', state: { deletes_at: new Date() } },
  { name: 'deleted', state: { deleted_at: new Date() } },
])('leaves out a user $name', async ({ state }) => {
  await add('nova', 'Nova', state)

  for (const q of ['nova', 'nov', 'nvoa']) expect(await found(q)).toEqual([])
})

test('leaves out whom the caller has blocked, and who has blocked the caller', async () => {
  const caller = await enter()
  const [blocked, blocker] = [await add('nova_one'), await add('nova_two')]
  await add('nova_three')
  await sql`insert into blocks ${sql([
    { blocker_id: caller.id, blocked_id: blocked },
    { blocker_id: blocker, blocked_id: caller.id },
  ])}`

  expect(await found('nova', {}, caller.token)).toEqual(['nova_three'])
  expect(await found('nvoa', {}, caller.token)).toEqual(['nova_three'])
  expect(await found('nova')).toHaveLength(3)
})

test('shows how the caller stands to each, and a private profile by its name', async () => {
  const caller = await enter()
  const id = await add('nova', 'Nova', { bio: 'Sings', settings: { profile_visibility: 'private' } })
  await sql`insert into follows ${sql({ follower_id: caller.id, followed_id: id })}`

  const { body, text } = await search('nova', {}, caller.token)

  expect(body.data).toEqual([
    {
      id,
      username: 'nova',
      display_name: 'Nova',
      avatar_url: null,
      is_verified: false,
      is_followed: true,
      follows_you: false,
    },
  ])
  expect(text).not.toContain('Sings')
})

test('follows a change of name, and forgets words that nobody is called by any more', async () => {
  const user = await enter()
  await add('other', 'Shared Word')
  const rename = (display_name: string) =>
    request(userRoutes.updateOwnUser, { token: user.token, body: { display_name } })
  await rename('Shared Aurelia')
  expect(await found('aurleia')).toEqual([user.username])

  await rename('Benedikt')

  expect(await found('aurelia')).toEqual([])
  expect(await found('benedkit')).toEqual([user.username])
  const words = await sql<{ word: string }[]>`select word from name_vocabulary`
  expect(words.map(({ word }) => word)).toEqual(expect.arrayContaining(['shared', 'word', 'benedikt']))
  expect(words.map(({ word }) => word)).not.toContain('aurelia')
})

test("people who take the same names at once do not stand in each other's way", async () => {
  const connections = await openConnections(8)
  const names = ['Anna Berta Clara', 'Clara Berta Anna', 'Berta Anna Clara']

  await Promise.all(
    Array.from({ length: 48 }, (_, at) => {
      const row = {
        username: `race_${at}`,
        display_name: names[at % 3]!,
        email: `race_${at}@example.test`,
        email_verified_at: new Date(),
        password_hash: '-',
      }
      const connection = connections[at % 8]!
      return connection`insert into users ${connection(row)}`
    }),
  )

  expect(await found('calra', { limit: 100 })).toHaveLength(48)
})
