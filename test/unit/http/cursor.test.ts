import * as z from 'zod/mini'
import { decodeCursor, encodeCursor, toPage } from '../../../lib/http/cursor.ts'

const values = ['2026-05-01T12:00:00.000Z', '0199f0f0-0000-7000-8000-000000000001', 42]
const cursor = encodeCursor('tracks:owner=1', values)
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const refusal = expect.objectContaining({ code: 'invalid_request' })

const decode = (text: string) => () => decodeCursor('tracks:owner=1', text)

test.each([[values], [[]], [[0]], [['é"\\☃']], [[-1.5, '']]])('returns the values %j', (some) => {
  expect(decodeCursor('a', encodeCursor('a', some))).toEqual(some)
})

test('needs no escaping in a URL', () => {
  expect(cursor).toMatch(/^[\w-]+$/)
})

test('finds every change of one character', () => {
  for (let at = 0; at < cursor.length; at++) {
    for (const char of alphabet) {
      if (char === cursor[at]) continue
      expect(decode(cursor.slice(0, at) + char + cursor.slice(at + 1))).toThrow(refusal)
    }
  }
})

test('finds every cut, every doubled and every added character', () => {
  for (let at = 0; at < cursor.length; at++) {
    expect(decode(cursor.slice(0, at))).toThrow(refusal)
    expect(decode(cursor.slice(at + 1))).toThrow(refusal)
    expect(decode(cursor.slice(0, at) + cursor[at] + cursor.slice(at))).toThrow(refusal)
    expect(decode(`${cursor.slice(0, at)}=${cursor.slice(at)}`)).toThrow(refusal)
  }
})

test('finds every flipped bit of its bytes', () => {
  const bytes = Buffer.from(cursor, 'base64url')
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes)
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    expect(decode(flipped.toString('base64url'))).toThrow(refusal)
  }
})

test.each(['tracks:owner=2', 'tracks', 'playlists:owner=1', ''])('refuses it in the query %j', (scope) => {
  expect(() => decodeCursor(scope, cursor)).toThrow(refusal)
})

test.each(['', 'null', '%%%', 'A', 'x'.repeat(1000), '☃', cursor.repeat(2)])('refuses %j', (text) => {
  expect(decode(text)).toThrow(refusal)
})

test('lets no wrong type through where the types are given', () => {
  const types = z.tuple([z.iso.datetime(), z.uuid()])
  const forged = encodeCursor('tracks', ['yesterday', 'drop table'])
  const good = encodeCursor('tracks', values.slice(0, 2))

  expect(() => decodeCursor('tracks', forged, types)).toThrow(refusal)
  expect(decodeCursor('tracks', good, types)).toEqual(values.slice(0, 2))
})

describe('a page', () => {
  const rows = [1, 2, 3].map((id) => ({ id }))
  const cursorOf = ({ id }: { id: number }) => `after-${id}`

  test.each([
    { name: 'more rows than the limit', limit: 2, ids: [1, 2], has_more: true, next_cursor: 'after-2' },
    { name: 'as many rows as the limit', limit: 3, ids: [1, 2, 3], has_more: false, next_cursor: null },
    { name: 'fewer rows than the limit', limit: 4, ids: [1, 2, 3], has_more: false, next_cursor: null },
  ])('of $name', ({ limit, ids, has_more, next_cursor }) => {
    const data = ids.map((id) => ({ id }))

    expect(toPage(rows, limit, cursorOf)).toEqual({ data, has_more, next_cursor })
  })

  test('of no rows at all', () => {
    expect(toPage([], 2, cursorOf)).toEqual({ data: [], has_more: false, next_cursor: null })
  })
})
