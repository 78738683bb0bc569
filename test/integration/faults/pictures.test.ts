import { makeAudio } from '../../support/audio.ts'
import { pictureFrame, withId3 } from '../../support/corpus/build.ts'
import { useDatabase } from '../../support/database.ts'
import { strikeEach } from '../../support/mishaps.ts'
import { makePicture } from '../../support/pictures.ts'
import { mishaps } from '../../support/steps.ts'

/** What a file with a picture has its workers do beside what any other file has them do. */
const { sql } = useDatabase()

const mp3 = await makeAudio('mp3', { seconds: 0.3 })
const cover = await makePicture('png', { width: 64, height: 48 })
const file = { file: withId3(mp3, pictureFrame(cover)), content_type: 'audio/mpeg', filename: 'low-tide.mp3' }

test.each(mishaps)(
  'the picture in a file becomes artwork, once, whichever call on its way is %s',
  async (mishap) => {
    let isOnItsWay = false
    const { end } = await strikeEach(sql, file, mishap, (call) => {
      isOnItsWay ||= call.startsWith('metadata: begin')
      return isOnItsWay && /^(metadata|scan):/.test(call)
    })
    expect(end).toMatchObject({
      upload: 'ready',
      pictures: ['ready  uploading scanning processing ready'],
      dead: [],
    })
    expect(end).toMatchObject({ artwork_sha256: expect.any(String) })
  },
  240_000,
)
