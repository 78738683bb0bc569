import { isDeepStrictEqual, styleText } from 'node:util'
import type { Client, Json } from '../../client.ts'
import { chapter, detail, done, step } from '../steps.ts'
import { type Artist, createArtist } from './artist.ts'
import { outlive, printAttempts } from './outage.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { createTime } from './time.ts'

/** Webhooks as their receivers see them: verified, retried while one is down, given up, and made up for afterwards. */
export async function demonstrateEvents(client: Client) {
  const [steady, shaky] = [await startReceiver(), await startReceiver()]
  try {
    await tell(client, steady, shaky)
  } finally {
    await Promise.all([steady.stop(), shaky.stop()])
  }
}

async function tell(client: Client, steady: Receiver, shaky: Receiver) {
  const time = createTime(client)
  // The platform's clock may have been moved before.
  await time.advance(0)
  const began = new Date()
  const artist = createArtist(client, await step('An artist joins', () => client.join('ada')))

  chapter('Two receivers')
  const first = await connect(artist, steady, ['track.created', 'user.updated', 'webhook.test'], 'steady')
  const second = await connect(artist, shaky, ['track.created'], 'shaky')
  shaky.answerWith(503)
  detail('steady answers 204; shaky is down and answers 503')
  await step('A test event', async () => {
    await artist.test(first.id)
    await artist.waitFor('the test event', async () => steady.accepted.find(isOf('webhook.test')))
  })

  chapter('What happens is told')
  for (const title of ['Grande Marée', 'Petite Pluie', 'Vent du Nord']) {
    await step(`"${title}" is created`, () => artist.makeTrack(title))
  }
  await step('The artist takes another name', () => artist.rename('Ada of the Tides'))
  await step('steady has heard of all of it', () =>
    artist.waitFor('four events', async () => (steady.accepted.length >= 5 ? true : undefined)),
  )
  printReceived(steady)
  await compareWithPull(artist, steady)

  chapter('The secret is rotated')
  const { secret } = await step('Both secrets sign for a day', () => artist.rotate(first.id))
  await artist.rename('Ada')
  const both = await artist.waitFor('a name', async () => steady.accepted[5])
  detail(`signed with ${both.signature_count} secrets, and verified with the old one`)
  steady.trust(secret)
  await artist.rename('Ada L.')
  await artist.waitFor('another name', async () => steady.accepted[6])
  detail('verified with the new one')

  chapter('A receiver is down, and five days go by')
  await outlive(artist, second.id, time)
  printAttempts(await artist.deliveries(second.id))
  await showLetters(client, artist)

  chapter('It is repaired, and gets what it missed')
  await step('"Matin" is created while it is disabled', () => artist.makeTrack('Matin'))
  shaky.answerWith(204)
  await step('Enable it again, and recover', async () => {
    await artist.enable(second.id)
    await artist.recover(second.id, began)
  })
  const wanted = (await artist.events()).filter(isOf('track.created'))
  await step(`All ${wanted.length} tracks are told of`, async () => {
    await time.run('recover-webhooks')
    await artist.waitFor('what was missed', async () => {
      if (shaky.accepted.length >= wanted.length) return true
      await time.advance(1_000)
      await time.run('send-webhooks')
      return undefined
    })
  })

  chapter('The count')
  const events = await artist.events()
  count('steady', steady, events.filter(isOf('track.created', 'user.updated')))
  count('shaky', shaky, events.filter(isOf('track.created')))
  done('Every event arrived, none twice beyond retries, and nothing came unsigned.')
}

async function connect(artist: Artist, receiver: Receiver, types: readonly string[], name: string) {
  const endpoint = await step(`Connect ${name}`, () => artist.createEndpoint(receiver.url, types, name))
  receiver.trust(endpoint.secret)
  return endpoint as { readonly id: string }
}

const isOf =
  (...types: readonly string[]) =>
  ({ type }: { readonly type: string }) =>
    types.includes(type)

/** Of a test only its endpoint hears. */
const isTest = isOf('webhook.test')

function printReceived({ accepted }: Receiver): void {
  for (const { id, type, body } of accepted) {
    const { sequence } = JSON.parse(body)
    detail(`${type.padEnd(16)} ${id}  sequence ${sequence}`)
  }
}

/** What came by webhook is what `GET /events` lists, member by member. */
async function compareWithPull(artist: Artist, { accepted }: Receiver): Promise<void> {
  const events = new Map((await artist.events()).map((event) => [event.id, event]))
  const told = accepted.filter((one) => !isTest(one))
  for (const { id, body } of told) {
    if (!isDeepStrictEqual(JSON.parse(body), events.get(id)))
      throw new Error(`${id} differs from GET /events`)
  }
  detail(`GET /events lists the same ${told.length} envelopes`)
}

async function showLetters(client: Client, { person }: Artist): Promise<void> {
  const { emails } = (await (await fetch(`${client.platform.mailbox_url}/store`)).json()) as {
    emails: Json[]
  }
  for (const { subject } of emails.filter((mail) => mail.destination.to.includes(person.email))) {
    if (/webhook/i.test(subject)) detail(`mail: ${subject}`)
  }
}

function count(name: string, receiver: Receiver, events: readonly Json[]): void {
  const ids = receiver.accepted.filter((one) => !isTest(one)).map(({ id }) => id)
  const distinct = new Set(ids)
  const missing = events.filter(({ id }) => !distinct.has(id))
  const line = [
    `${name}: ${events.length} events sent`,
    `${distinct.size} received`,
    `${ids.length - distinct.size} twice`,
    `${receiver.refused()} refused and tried again`,
    `${receiver.forged()} forged`,
  ]
  console.log(styleText('bold', `  ${line.join(' · ')}`))
  if (missing.length > 0 || ids.length !== events.length || receiver.forged() > 0)
    throw new Error(`${name} did not receive each event once: ${JSON.stringify(missing.map(({ id }) => id))}`)
}
