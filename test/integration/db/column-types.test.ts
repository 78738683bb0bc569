import { useDatabase } from '../../support/database.ts'

const { sql } = useDatabase()

beforeAll(async () => {
  await sql`
    create table samples (
      id bigint primary key generated always as identity,
      size_bytes bigint,
      tags text[],
      document jsonb,
      at timestamptz,
      owner_ids uuid[],
      amounts bigint[],
      times timestamptz[],
      hash bytea
    )
  `
})

test('gives bigint columns and counts as numbers', async () => {
  const [row] = await sql`insert into samples (size_bytes) values (${2 ** 40}) returning id, size_bytes`
  expect(row).toEqual({ id: 1, size_bytes: 2 ** 40 })

  const [{ count } = {}] = await sql`select count(*) from samples`
  expect(count).toBe(1)
})

test('refuses a bigint that a number cannot hold', async () => {
  await expect(sql`select 9007199254740993::int8`).rejects.toThrow(RangeError)
  await expect(sql`select 1 as one`).resolves.toEqual([{ one: 1 }])
})

test.each([
  { name: 'no element', tags: [] },
  { name: 'plain words', tags: ['house', 'techno'] },
  {
    name: 'whatever needs quotes',
    tags: ['a,b', '{c}', 'd"e', 'f\\g', 'NULL', '', ' ', 'ü😀', 'line\nbreak'],
  },
])('stores text[] of $name and reads it back', async ({ tags }) => {
  const [row] = await sql`insert into samples (tags) values (${tags}) returning tags`
  expect(row).toEqual({ tags })

  const [inserted] = await sql`insert into samples ${sql({ tags })} returning tags`
  expect(inserted).toEqual({ tags })
})

test('stores jsonb, also with an array or a string on top', async () => {
  for (const document of [{ a_b: [1, { c: null }] }, [1, 'two'], 'text', null]) {
    const [row] = await sql`insert into samples (document) values (${sql.json(document)}) returning document`
    expect(row).toEqual({ document })
  }
})

test('gives timestamptz as a Date', async () => {
  const at = new Date('2026-02-03T04:05:06.789Z')
  const [row] = await sql`insert into samples (at) values (${at}) returning at`
  expect(row).toEqual({ at })
})

test('takes arrays of ids, numbers and times as parameters', async () => {
  const owner_ids = ['0199c3c0-0000-7000-8000-000000000001', '0199c3c0-0000-7000-8000-000000000002']
  const times = [new Date('2026-01-01T00:00:00Z'), new Date('2026-01-02T00:00:00Z')]
  const [row] = await sql`
    insert into samples (owner_ids, amounts, times)
    values (${owner_ids}, ${[1, 2 ** 40]}, ${sql.array(times)})
    returning owner_ids, amounts, times
  `
  expect(row).toEqual({ owner_ids, amounts: [1, 2 ** 40], times })
})

test('reads nested arrays and nulls in arrays', async () => {
  const [row] =
    await sql`select array[array['a', null], array['c', 'd,e']] as nested, array[1, null, 3] as numbers`
  expect(row).toEqual({
    nested: [
      ['a', null],
      ['c', 'd,e'],
    ],
    numbers: [1, null, 3],
  })
})

test('stores bytes', async () => {
  const hash = Buffer.from([0, 1, 254, 255])
  const [row] = await sql`insert into samples (hash) values (${hash}) returning hash`
  expect(Buffer.compare(row?.hash, hash)).toBe(0)
})
