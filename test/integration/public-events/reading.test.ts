import { randomUUID } from 'node:crypto'
import { connect, type Db } from '../../../lib/db/client.ts'
import { encodeCursor } from '../../../lib/http/cursor.ts'
import { insertPublicEvent } from '../../../lib/public-events/insert.ts'
import { dayMs, later } from '../../../lib/time.ts'
import { createClock } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { createEventDesk } from '../../support/public-events.ts'
import { type Person, seedPerson } from '../../support/social.ts'

const { sql, settings } = useDatabase()
const clock = createClock(new Date('2026-12-01T12:00:00Z'))
const desk = createEventDesk(sql, clock.now)
const { poll, read } = desk

const others = [connect(settings), connect(settings)]
afterAll(() => Promise.all(others.map((own) => own.end())))

/** Something that the account is told, by a name. */
const tell = async ({ id: account_id }: Person, name: string, db: Db = sql, bytes = 0) => {
  const row = await insertPublicEvent(db, {
    account_id,
    source_id: randomUUID(),
    type: 'webhook.test',
    // Each about something else, so that none waits for another.
    resource_id: randomUUID(),
    data: {
      endpoint: {
        id: randomUUID(),
        url: `https://hooks.example.com/${'x'.repeat(bytes)}`,
        description: name,
      },
    },
    request_id: null,
    created_at: clock.now(),
  })
  return row!
}

const namesOf = (events: readonly { data: Readonly<Record<string, unknown>> }[]) =>
  events.map(({ data }) => (data.endpoint as { description: string }).description)

/** A transaction that has told of something and does not commit until it is asked to. */
async function tellLate(person: Person, name: string, own = others[0]!) {
  const written = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const done = own.begin(async (tx) => {
    await tell(person, name, tx)
    written.resolve()
    await release.promise
  })
  await written.promise
  return async () => {
    release.resolve()
    await done
  }
}

test('goes on where the last poll ended, and has nothing new until there is', async () => {
  const person = await seedPerson(sql)
  for (const name of ['one', 'two', 'three']) await tell(person, name)

  const first = await poll(person, undefined, { limit: 2 })
  expect(namesOf(first.data)).toEqual(['one', 'two', 'three'])
  const second = await poll(person, first.cursor)
  expect(second.data).toEqual([])

  await tell(person, 'four')

  expect(namesOf((await poll(person, second.cursor)).data)).toEqual(['four'])
})

test('tells each page how to go on, and the last one too', async () => {
  const person = await seedPerson(sql)
  for (const name of ['one', 'two', 'three']) await tell(person, name)
  await desk.settle()

  const first = await read(person, { limit: 2 })
  expect(first.body).toMatchObject({ has_more: true, next_cursor: expect.any(String) })
  const last = await read(person, { limit: 2, after: first.body.next_cursor })
  expect(last.body).toMatchObject({ has_more: false, next_cursor: expect.any(String) })
  expect(last.headers['cache-control']).toMatch(/no-store|private/)
})

test('what commits late is missed by nobody, and nothing is told twice', async () => {
  const person = await seedPerson(sql)
  const commitFirst = await tellLate(person, 'began first')
  await tell(person, 'committed first')

  // Neither is listed while the one before it may still come.
  const early = await read(person)
  expect(early.body.data).toEqual([])
  await commitFirst()

  const { data } = await poll(person, early.body.next_cursor)
  expect(namesOf(data)).toEqual(['began first', 'committed first'])
})

test('many that write at once, while somebody reads all the time, are told once each', async () => {
  const person = await seedPerson(sql)
  const names = Array.from({ length: 60 }, (_, index) => `event ${index}`)
  const seen: unknown[] = []
  let cursor: string | undefined
  const readSome = async () => {
    const { body } = await read(person, { limit: 7, ...(cursor && { after: cursor }) })
    seen.push(...namesOf(body.data))
    cursor = body.next_cursor
  }
  let isWriting = true
  const writing = Promise.all(
    others.map(async (own, at) => {
      for (const name of names.filter((_, index) => index % others.length === at)) {
        await own.begin((tx) => tell(person, name, tx))
      }
    }),
  ).then(() => {
    isWriting = false
  })
  while (isWriting) await readSome()
  await writing
  seen.push(...namesOf((await poll(person, cursor)).data))

  expect(seen.toSorted()).toEqual(names.toSorted())
})

test('a transaction that is rolled back is heard of by nobody', async () => {
  const person = await seedPerson(sql)
  const rollBack = sql.begin(async (tx) => {
    await tell(person, 'never', tx)
    throw new Error('No')
  })
  await expect(rollBack).rejects.toThrow('No')
  await tell(person, 'after it')

  expect(namesOf((await poll(person)).data)).toEqual(['after it'])
})

test('shows everybody only their own', async () => {
  const [person, other] = [await seedPerson(sql), await seedPerson(sql)]
  await tell(person, 'of one')
  await tell(other, 'of another')

  const { data, cursor } = await poll(person)
  expect(namesOf(data)).toEqual(['of one'])
  // A cursor of somebody else is a place in one's own list.
  await tell(other, 'later')
  expect(namesOf((await poll(other, cursor)).data)).toEqual(['later'])
})

test('asks for types by name, and comes on also where there is none of them', async () => {
  const person = await seedPerson(sql)
  await tell(person, 'one')

  const types = 'order.paid,webhook.endpoint.disabled'
  const { data, cursor } = await poll(person, undefined, { types })
  expect(data).toEqual([])
  await tell(person, 'two')
  expect(namesOf((await poll(person, cursor, { types: 'order.paid, webhook.test' })).data)).toEqual(['two'])
})

test('keeps thirty days', async () => {
  const person = await seedPerson(sql)
  const since = clock.now()
  await tell(person, 'old')
  clock.advance(60)
  await tell(person, 'young')
  clock.advance(30 * 86_400 - 60)
  expect(clock.now()).toEqual(later(since, 30 * dayMs))

  expect(namesOf((await poll(person)).data)).toEqual(['young'])
})

test('a page is never more than can be answered with', async () => {
  const person = await seedPerson(sql)
  const bytes = 120 * 1024
  for (let count = 0; count < 40; count++) await tell(person, `event ${count}`, sql, bytes)
  await desk.settle()

  const first = await read(person, { limit: 100 })
  expect(first.body.has_more).toBe(true)
  expect(Buffer.byteLength(first.text)).toBeLessThan(5_000_000)
  expect((await poll(person, undefined, { limit: 100 })).data).toHaveLength(40)
})

test('begins anew with the cursor of another database', async () => {
  const person = await seedPerson(sql)
  await tell(person, 'one')
  const after = encodeCursor('events', [9_000_000_000, randomUUID()])

  expect(namesOf((await poll(person, after)).data)).toEqual(['one'])
})

test.each([
  { name: 'a cursor that was cut', query: { after: 'abc' }, code: 'invalid_request' },
  {
    name: 'a cursor of another list',
    query: { after: encodeCursor('revocations', [1, randomUUID()]) },
    code: 'invalid_request',
  },
  {
    name: 'a forged one',
    query: { after: encodeCursor('events', ['1; drop table users', 'x']) },
    code: 'invalid_request',
  },
  { name: 'a type that is none', query: { types: 'order.paid,order.lost' }, code: 'validation_failed' },
  { name: 'no type at all', query: { types: '' }, code: 'validation_failed' },
  { name: 'too many at once', query: { limit: 101 }, code: 'validation_failed' },
  { name: 'another name for the cursor', query: { cursor: 'abc' }, code: 'validation_failed' },
])('refuses $name', async ({ query, code }) => {
  const person = await seedPerson(sql)
  const { problem } = await read(person, query)
  expect(problem.code).toBe(code)
})

test('tells nobody anything who is not signed in, but what events there are', async () => {
  expect((await read(undefined)).status).toBe(401)

  const { status, body, headers } = await desk.listTypes()
  expect(status).toBe(200)
  expect(headers['cache-control']).toBeDefined()
  expect(body.data).toContainEqual(
    expect.objectContaining({ type: 'order.paid', api_version: '2026-12-01', resource: 'order' }),
  )
})
