import { Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import type { Db } from '../db/client.ts'
import { personalData, type ReadPage } from './personal-data.ts'

const pageSize = 500
const first = '00000000-0000-0000-0000-000000000000'

/** A zip of JSON files, one a kind of data, read page by page while it is written. */
export function zipPersonalData(db: Db, userId: string, now: Date): Readable {
  const zip = new ZipFile()
  zip.addBuffer(Buffer.from(readme(now)), 'README.txt', { mtime: now })
  for (const [name, readPage] of Object.entries(personalData)) {
    // Read one after the other: nothing is asked for before its turn.
    zip.addReadStreamLazy(name, { mtime: now }, (give) =>
      give(null, Readable.from(toJson(db, userId, readPage), { objectMode: false })),
    )
  }
  zip.end()
  const output = zip.outputStream as Readable
  zip.on('error', (error) => output.destroy(error))
  return output
}

async function* toJson(db: Db, userId: string, readPage: ReadPage) {
  let separator = '[\n'
  for (let after = first; ; ) {
    const rows = await readPage(db, { user_id: userId, after, limit: pageSize })
    for (const row of rows) {
      yield `${separator}  ${JSON.stringify(row)}`
      separator = ',\n'
    }
    if (rows.length < pageSize) break
    after = rows.at(-1)!.id
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n'
}

const readme = (now: Date) => `Your data at Veza, as of ${now.toISOString()}

Each file holds one kind of data as JSON: a list of records. Times are ISO 8601 in UTC, sizes are in bytes, amounts in the
smallest unit of their currency.

  profile.json            your account, profile and settings
  former-usernames.json   names you gave up that still lead to you
  sessions.json           where you are and were signed in
  devices.json            browsers and apps that have signed in before
  second-factor.json      whether two-factor authentication is on
  passkeys.json           your passkeys, by name
  security-events.json    what happened to your account
  notices.json            mails about the security of your account
  follows.json            whom you follow
  blocks.json             whom you have blocked
  mutes.json              whom you have muted
  chat-mute.json          what keeps you out of the chat
  revocations.json        what was ended in the last hours, as other servers of ours were told
  track-likes.json        the tracks that you like
  reposts.json            the tracks that you passed on
  share-links.json        secret links to your tracks
  listening-history.json  what you have played, each track once
  plays.json              each time that you played something
  comments.json           what you said about tracks
  comment-edits.json      what it said before you edited it
  comment-likes.json      comments you like
  reports.json            what you have reported
  tracks.json             your tracks, deleted ones too
  track-versions.json     the files of your tracks and what was read from them
  uploads.json            what you have uploaded
  image-uploads.json      pictures you have sent
  collaborations.json     the tracks of others that you work on or are invited to
  splits.json             your shares of what tracks earn
  playlists.json          your playlists
  playlist-items.json     what is in them, and what you put into those of others
  playlist-collaborations.json
                          the playlists of others that you have a part in
  playlist-likes.json     the playlists that you like
  playlist-follows.json   the playlists that you follow
  exports.json            exports you have asked for
  notifications.json      what you were told of
  notification-preferences.json
                          how you want to be told
  muted-tracks.json       tracks whose comments you are not told of
  orders.json             what you have ordered
  order-items.json        what was in it
  refunds.json            what you got back
  disputes.json           payments of yours that were disputed
  licenses.json           your licences, with their contracts and certificates
  downloads.json          when you fetched their files, and from where
  offers.json             what you have offered for what others sell
  seller.json             what you told us to be able to sell
  products.json           what you have offered
  product-tiers.json      at what prices and on what terms
  license-templates.json  terms and contracts that you keep
  discounts.json          your discount codes
  sales.json              what you have sold or earned by
  ledger.json             every movement of your money
  payouts.json            what was paid out to you
  invoices.json           invoices and credit notes that you wrote or got
  offers-received.json    what others have offered for what you sell
  webhook-endpoints.json  where you have events sent
  webhook-deliveries.json what was sent there
  events.json             what happened in the last 30 days, as you were told

Passwords, keys and codes are not here: we keep them only in a form that nobody can read back.
`
