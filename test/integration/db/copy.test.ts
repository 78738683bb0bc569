import fc from 'fast-check'
import { copyInto } from '../../../lib/db/copy.ts'
import { useDatabase } from '../../support/database.ts'

const { sql } = useDatabase()
const columns = ['id', 'note', 'at', 'hash', 'facts', 'is_late', 'amount']
const target = { table: 'copied', columns }

const create = () => sql`
  create table copied (
    id integer, note text, at timestamptz, hash bytea, facts jsonb, is_late boolean, amount double precision
  )
`
const clear = () => sql`delete from copied`
beforeAll(create)
afterEach(clear)

// Text in the database holds neither NUL nor half of a pair.
const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\0', ''))
const nasty = fc.constantFrom(
  '',
  '\\N',
  '\\.',
  '\\',
  '\n',
  '\r\n',
  '\t',
  'a\tb\\tc\nd',
  '{"a":1}',
  '\u2028',
  '😀',
)
const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const row = fc.tuple(
  nullable(fc.oneof(text, nasty)),
  nullable(fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })),
  nullable(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
  nullable(fc.record({ a: fc.oneof(text, nasty), b: fc.integer() })),
  nullable(fc.boolean()),
  nullable(fc.double({ noNaN: true, noDefaultInfinity: true })),
)

test('writes down whatever it is given, as it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 30 }), async (rows) => {
      await clear()
      await sql.begin((tx) =>
        copyInto(
          tx,
          target,
          rows.map((values, id) => [id, ...values]),
        ),
      )
      const stored = await sql`select * from copied order by id`
      const expected = rows.map(([note, at, hash, facts, is_late, amount], id) => ({
        id,
        note,
        at,
        hash,
        facts,
        is_late,
        amount: amount === null ? null : amount + 0,
      }))
      expect([...stored]).toEqual(expected)
    }),
    { numRuns: 60 },
  )
})

test('writes many rows in parts', async () => {
  const rows = Array.from({ length: 20_000 }, (_, id) => [id, 'note '.repeat(5), null, null, null, true, 1])
  await sql.begin((tx) => copyInto(tx, target, rows))
  const [{ count } = { count: 0 }] = await sql<{ count: number }[]>`select count(*)::int as count from copied`
  expect(count).toBe(20_000)
})

test.each([
  { name: 'a value that the column does not take', bad: ['x', null, null, null, null, true, 1] },
  { name: 'a row that is too short', bad: [1] },
  { name: 'a NUL', bad: [1, 'a\0b', null, null, null, true, 1] },
])('fails on $name, keeps nothing, and the connection goes on', async ({ bad }) => {
  const rows = [[1, 'good', null, null, null, true, 1], bad]
  await expect(sql.begin((tx) => copyInto(tx, target, rows))).rejects.toMatchObject({
    code: expect.stringMatching(/^22/),
  })
  expect(await sql`select from copied`).toHaveLength(0)
})
