import { socialRoutes } from '../../../functions/social/routes.ts'
import { useDatabase } from '../../support/database.ts'
import {
  addCollaborator,
  block,
  createSocialApi,
  type Person,
  seedPerson,
  seedTrack,
} from '../../support/social.ts'

const { sql } = useDatabase()
const api = createSocialApi(sql)

let artist: Person
let ada: Person
let ben: Person
let moderator: Person
let track: string
beforeEach(async () => {
  artist = await seedPerson(sql)
  ada = await seedPerson(sql)
  ben = await seedPerson(sql)
  moderator = await seedPerson(sql, undefined, { role: 'moderator' })
  track = await seedTrack(sql, artist)
})

const say = async (as: Person, body: string, parent_id?: string) => {
  const answer = await api(socialRoutes.createComment, as, {
    params: { track_id: track },
    body: { body, parent_id },
  })
  expect(answer.status).toBe(201)
  return answer.body
}
const read = (as: Person | undefined, comment_id: string) =>
  api(socialRoutes.getComment, as, { params: { comment_id } })
const edit = (as: Person, comment_id: string, body: string) =>
  api(socialRoutes.updateComment, as, { params: { comment_id }, body: { body } })
const toldOf = (comment_id: string) => sql`
  select payload->>'kind' as kind, payload->>'recipient_id' as to from outbox
  where type = 'notification.add' and payload->>'comment_id' = ${comment_id} order by id
`

describe('mentions', () => {
  test('call people by name, follow them through a rename, and survive it in the text', async () => {
    const { id } = await say(
      ada,
      `@${ben.username} and @${artist.username.toUpperCase()}, or nobody@${ben.username}`,
    )
    const renamed = `r_${ben.username.slice(2)}`
    await sql`update users set username = ${renamed}, revision = revision + 1 where id = ${ben.id}`

    const { body } = await read(undefined, id)
    expect(body.mentions).toEqual([
      { id: ben.id, username: renamed },
      { id: artist.id, username: artist.username },
    ])
    expect(body.body).toBe(`@${renamed} and @${artist.username.toUpperCase()}, or nobody@${ben.username}`)
  })

  test('of nobody, of who is blocked and of who may not see the track are plain text', async () => {
    await block(sql, ben, ada)
    await sql`update tracks set visibility = 'private' where id = ${track}`
    await addCollaborator(sql, track, ada, 'editor')
    await addCollaborator(sql, track, ben, 'viewer')
    const { id, mentions } = await say(
      ada,
      `@${ben.username} @${moderator.username} @nobody_at_all @${artist.username}`,
    )

    expect(mentions).toEqual([{ id: artist.id, username: artist.username }])
    await expect(toldOf(id)).resolves.toEqual([{ kind: 'mention', to: artist.id }])
  })

  test('are ten at most', async () => {
    const people = await Promise.all(Array.from({ length: 11 }, () => seedPerson(sql)))
    const names = people.map(({ username }) => `@${username}`)
    const post = (body: string) =>
      api(socialRoutes.createComment, ada, { params: { track_id: track }, body: { body } })

    expect((await post(names.slice(1).join(' '))).body.mentions).toHaveLength(10)
    expect((await post(names.join(' '))).problem).toMatchObject({
      status: 422,
      errors: [{ pointer: '#/body/body', code: 'too_many_mentions' }],
    })
  })

  test('that an edit adds are told of, and those that were there are not told again', async () => {
    const { id } = await say(ada, `@${ben.username}`)
    await edit(ada, id, `@${ben.username} @${moderator.username}`)

    await expect(toldOf(id)).resolves.toEqual([
      { kind: 'comment', to: artist.id },
      { kind: 'mention', to: ben.id },
      { kind: 'mention', to: moderator.id },
    ])
  })

  test('beat an answer, and an answer beats the artist', async () => {
    const head = await say(ben, 'First')
    const both = await say(ada, `@${ben.username} yes`, head.id)
    const own = await say(artist, 'First of mine')
    const answer = await say(ada, 'Yes', own.id)

    await expect(toldOf(both.id)).resolves.toEqual([
      { kind: 'comment', to: artist.id },
      { kind: 'mention', to: ben.id },
    ])
    await expect(toldOf(answer.id)).resolves.toEqual([{ kind: 'comment_reply', to: artist.id }])
  })
})
