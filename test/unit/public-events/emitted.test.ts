import { readdir, readFile } from 'node:fs/promises'
import { publicEventTypes, publishedEvents } from '../../../lib/public-events/catalogue.ts'
import { contentEvents } from '../../../lib/public-events/sources.ts'
import { tradeEvents } from '../../../lib/trade-news/events.ts'

const lib = new URL('../../../lib/', import.meta.url)

/** Into the outbox, there by way of another function, or at once; tests of endpoints by the type that is asked for. */
const writes = /addToOutbox|addAllToOutbox|insertPublicEvent|payload: \{|event_type: z\._default/

/** Whatever writes events of its own accord; what is made of them, and who hears of them, does not count. */
async function readWriters(): Promise<string[]> {
  const names = await readdir(lib, { recursive: true })
  const sources = names.filter(
    (name) => name.endsWith('.ts') && !/^(public-events|trade-news)\//.test(name) && name !== 'events.ts',
  )
  const texts = await Promise.all(sources.map((name) => readFile(new URL(name, lib), 'utf8')))
  return texts.filter((text) => writes.test(text))
}

const writers = await readWriters()

/** Or by its last part, as of orders that end in one way or another. */
const isWritten = (text: string, type: string) =>
  text.includes(`'${type}'`) ||
  (/`order\.\$\{status\}`/.test(text) && text.includes(`'${type.replace('order.', '')}'`))

test.each(publicEventTypes)('%s is written by somebody', (type) => {
  expect(writers.some((text) => isWritten(text, type))).toBe(true)
})

test('every event of the outbox that is for accounts has its entry in the catalogue', () => {
  const { 'order.exclusive_conflict': _, ...told } = tradeEvents
  const sources = [...Object.keys(told), ...Object.keys(contentEvents)]

  expect(publishedEvents.map(({ type }) => type).sort()).toEqual(sources.sort())
})
