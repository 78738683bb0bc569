import { socialRoutes } from '../../../functions/social/routes.ts'
import { useDatabase } from '../../support/database.ts'
import { block, createSocialApi, type Person, seedPerson, seedTrack } from '../../support/social.ts'

const { sql } = useDatabase()
const api = createSocialApi(sql)

/** Somebody is called by name on a track of a third one, and has another name since. */
async function setUp() {
  const [artist, author, named] = [await seedPerson(sql), await seedPerson(sql), await seedPerson(sql)]
  const { body } = await api(socialRoutes.createComment, author, {
    params: { track_id: await seedTrack(sql, artist) },
    body: { body: `Hear, @${named.username}` },
  })
  const present = `${named.username}_new`
  await sql`update users set username = ${present} where id = ${named.id}`
  const read = async (viewer: Person | undefined) =>
    (await api(socialRoutes.getComment, viewer, { params: { comment_id: body.id } })).body
  return { artist, author, named, present, read }
}

test('whoever is called by a name is found by the one that they have now', async () => {
  const { artist, named, present, read } = await setUp()

  for (const viewer of [artist, undefined]) {
    expect(await read(viewer)).toMatchObject({
      body: `Hear, @${present}`,
      mentions: [{ id: named.id, username: present }],
    })
  }
})

test('nobody learns the present name of somebody from whom a block parts them', async () => {
  const { author, named, present, read } = await setUp()
  const other = await seedPerson(sql)
  await block(sql, named, other)
  await block(sql, author, named)

  for (const viewer of [other, author]) {
    expect(await read(viewer)).toMatchObject({ body: `Hear, @${named.username}`, mentions: [] })
  }
  expect(await read(undefined)).toMatchObject({ body: `Hear, @${present}` })
})

test('nobody is called who is about to be deleted', async () => {
  const { author, named, read } = await setUp()
  await sql`update users set deletes_at = now() + interval '1 day' where id = ${named.id}`

  expect(await read(author)).toMatchObject({ body: `Hear, @${named.username}`, mentions: [] })
})
