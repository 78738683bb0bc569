import { parseArray, serializeArray } from '../../../lib/db/arrays.ts'

const asText = (text: string) => text

test.each([
  { literal: '{}', items: [] },
  { literal: '{a,b}', items: ['a', 'b'] },
  { literal: '{NULL,"NULL"}', items: [null, 'NULL'] },
  { literal: '{"a,b","{c}","d\\"e","f\\\\g"," "}', items: ['a,b', '{c}', 'd"e', 'f\\g', ' '] },
  { literal: '{"",x}', items: ['', 'x'] },
  {
    literal: '{{1,2},{3,4}}',
    items: [
      ['1', '2'],
      ['3', '4'],
    ],
  },
  { literal: '{2026-01-01 00:00:00+00}', items: ['2026-01-01 00:00:00+00'] },
])('reads $literal', ({ literal, items }) => {
  expect(parseArray(literal, asText)).toEqual(items)
})

test.each([[[]], [['a', null, 'b"c\\d,{}']], [[['a'], ['NULL', null]]]])(
  'reads back what it writes: %j',
  (items) => {
    expect(parseArray(serializeArray<string>(items, asText), asText)).toEqual(items)
  },
)
