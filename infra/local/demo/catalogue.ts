import { type Answer, type Client, expectStatus, type Json, type Person, until } from '../client.ts'
import { upload } from './sending.ts'
import { makeTrack } from './sounds.ts'
import { detail, done, step } from './steps.ts'

const api = '/api/v1'

/** A song and the people around it: its makers, its listeners, a list they keep, and somebody who is shut out. */
export async function demonstrateCatalogue(client: Client) {
  const [ada, ben, mia] = await step('Three people join', () =>
    Promise.all([client.join('ada'), client.join('ben'), client.join('mia')]),
  )
  const trackId = await publish(client, ada)
  await collaborate(client, trackId, ada, ben)
  await replaceMaster(client, trackId, ben)
  await shareSecretly(client, ada)
  await listen(client, trackId, ada, mia)
  await find(client, trackId)
  await keepPlaylist(client, trackId, mia, ben)
  await hear(client, ada)
  await shutOut(client, trackId, ada, mia)
  done('A song was made by two, heard by three, found with a typo, and kept in one order by everybody.')
}

/** Calls as a person and answers with the body. */
const as = (client: Client, { token }: Person) => {
  const call = (status: number, method: string) => async (path: string, body?: object) =>
    expectStatus(status, await client.request(method, api + path, { token, ...(body && { body }) }))
  return {
    get: call(200, 'GET'),
    post: call(201, 'POST'),
    act: call(200, 'POST'),
    patch: call(200, 'PATCH'),
    put: call(204, 'PUT'),
    set: call(200, 'PUT'),
    try: (method: string, path: string, body?: object, headers?: Record<string, string>) =>
      client.request(method, api + path, { token, ...(body && { body }), ...(headers && { headers }) }),
  }
}

async function publish(client: Client, ada: Person): Promise<string> {
  const fields = { title: 'Océan Tranquille', genre: 'ambient', tags: ['sea', 'slow'], bpm: 72 }
  const track = await step('Ada creates a track', () => client.createTrack(ada.token, fields))
  const { status } = await upload(client, ada.token, track.id, await makeTrack())
  if (status !== 'ready') throw new Error(`The upload ended as ${status}`)
  return track.id
}

async function collaborate(client: Client, trackId: string, ada: Person, ben: Person) {
  const path = `/tracks/${trackId}/collaborators/${ben.user.id}`
  await step('Ada invites Ben to edit, for 30 % of what it earns', () =>
    as(client, ada).set(path, { role: 'editor', credit: 'Mixing', split_bps: 3_000 }),
  )
  await step('Ben accepts, and the split sheet with it', async () => {
    await as(client, ben).act(`${path}/accept`)
    const { proposed } = await as(client, ben).get(`/tracks/${trackId}/splits`)
    const body = { revision: proposed.revision }
    for (const person of [ben, ada])
      await as(client, person).try('POST', `/tracks/${trackId}/splits/accept`, body)
  })
  const { in_force } = await as(client, ada).get(`/tracks/${trackId}/splits`)
  for (const { user, split_bps } of in_force.entries) detail(`${user.username}  ${split_bps / 100} %`)
}

async function replaceMaster(client: Client, trackId: string, ben: Person) {
  const before = await as(client, ben).get(`/tracks/${trackId}`)
  await upload(client, ben.token, trackId, await makeTrack())
  const after = await as(client, ben).get(`/tracks/${trackId}`)
  detail(
    `the track kept its id and plays version ${after.version.number} in place of ${before.version.number}`,
  )
  const back = `/tracks/${trackId}/versions/${before.version.id}/activate`
  const rolledBack = await step('Ben goes back to the first master', () => as(client, ben).act(back))
  detail(`it plays version ${rolledBack.version.number} again`)
}

async function shareSecretly(client: Client, ada: Person) {
  const track = await client.createTrack(ada.token, { title: 'Unfinished', visibility: 'private' })
  await upload(client, ada.token, track.id, await makeTrack())
  const share = await step('Ada makes a secret link to a private track', () =>
    as(client, ada).post(`/tracks/${track.id}/shares`, { label: 'for the label' }),
  )
  const opened = expectStatus(200, await client.request('GET', `${api}/s/${share.token}`))
  detail(`whoever has the link plays “${opened.track.title}” until ${opened.expires_at}`)
  refused('whoever has not', await client.request('GET', `${api}/tracks/${track.id}`))
}

async function listen(client: Client, trackId: string, ada: Person, mia: Person) {
  const listener = as(client, mia)
  await step('Mia follows Ada, likes the track and comments at 0:12', async () => {
    await listener.put(`/users/${ada.username}/follow`)
    await listener.put(`/tracks/${trackId}/like`)
    const body = { body: `@${ada.username} what is that sound? 🌊`, timestamp_ms: 12_000 }
    await listener.post(`/tracks/${trackId}/comments`, body)
  })
  const feed = await listener.get('/feed')
  detail(`her feed: ${feed.data.map((entry: Json) => entry.track.title).join(', ')}`)
  const track = await listener.get(`/tracks/${trackId}`)
  detail(`${track.like_count} like, ${track.comment_count} comment; hers: ${track.liked}`)
}

async function find(client: Client, trackId: string) {
  const search = async (q: string) => {
    const { data } = expectStatus(
      200,
      await client.request('GET', `${api}/tracks?q=${encodeURIComponent(q)}`),
    )
    return data.findIndex(({ id }: Json) => id === trackId)
  }
  for (const q of ['ocean tranquille', 'ada ocean', 'oce', 'ocaen']) {
    // What a word may have meant is learnt by the clock, within a minute.
    if (q === 'ocaen') await client.request('POST', '/_local/schedules/rank-tracks/run')
    const place = await step(`Search “${q}”`, () => search(q))
    if (place < 0) throw new Error(`“${q}” does not find the track`)
    detail(`in place ${place + 1}`)
  }
}

async function keepPlaylist(client: Client, trackId: string, mia: Person, ben: Person) {
  const [hers, his] = [as(client, mia), as(client, ben)]
  const list = await step('Mia keeps a playlist and lets Ben in by a link', async () => {
    const playlist = await hers.post('/playlists', { title: 'By the sea', visibility: 'public' })
    const link = await hers.post(`/playlists/${playlist.id}/invite-links`, { role: 'editor' })
    await his.act(`/playlists/join/${link.token}`)
    return `/playlists/${playlist.id}`
  })
  const first = await hers.post(`${list}/items`, { track_id: trackId })
  const second = await his.post(`${list}/items`, { track_id: trackId, allow_duplicates: true })
  await step('Both move an item at once', () =>
    Promise.all([
      hers.try('POST', `${list}/items/${second.id}/move`, { after: null }),
      his.try('POST', `${list}/items/${first.id}/move`, { after: null }),
    ]),
  )
  const { data } = await hers.get(`${list}/items`)
  for (const { position, track, added_by } of data)
    detail(`${position}  ${track.title}  added by ${added_by.username}`)
  const stale = { 'if-match': '"1"' }
  refused(
    'a replacement of what was read long ago',
    await hers.try('PUT', `${list}/items`, { track_ids: [] }, stale),
  )
}

async function hear(client: Client, ada: Person) {
  const list = await step('Ada is told', () =>
    until('her notifications', async () => {
      await client.request('POST', '/_local/schedules/outbox-relay/run')
      const { data } = await as(client, ada).get('/notifications')
      return data.length >= 3 ? data : undefined
    }),
  )
  for (const { kind, actors, track } of list) {
    detail(
      `${kind.padEnd(22)}${actors.map((actor: Json) => actor.username).join(', ')}  ${track?.title ?? ''}`,
    )
  }
}

async function shutOut(client: Client, trackId: string, ada: Person, mia: Person) {
  await step('Ada blocks Mia', () => as(client, ada).put(`/users/${mia.username}/block`))
  const her = as(client, mia)
  refused('the track', await her.try('GET', `/tracks/${trackId}`))
  refused('a like', await her.try('PUT', `/tracks/${trackId}/like`))
  refused('a comment', await her.try('POST', `/tracks/${trackId}/comments`, { body: 'let me in' }))
  const { like_count, comment_count } = await as(client, ada).get(`/tracks/${trackId}`)
  detail(`what is left of hers: ${like_count} likes, ${comment_count} comments`)
}

function refused(what: string, { status, body }: Answer) {
  if (status < 400) throw new Error(`${what} should have been refused, and was answered with ${status}`)
  detail(`${what}: ${status} ${body.code}`)
}
