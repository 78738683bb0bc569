import { eicar, makeAudio, truncate } from '../../support/audio.ts'
import { useDatabase } from '../../support/database.ts'
import { strikeEach } from '../../support/mishaps.ts'
import { mishaps } from '../../support/steps.ts'

/** Every call that any worker makes goes wrong once, in each way it can; the calls are those of an undisturbed run. */
const { sql } = useDatabase()

const wav = await makeAudio('wav', { seconds: 0.2 })

describe.each([
  { name: 'a file that becomes ready', file: wav, ends: 'ready' },
  { name: 'an infected file', file: eicar(wav), ends: 'rejected' },
  { name: 'a file that is cut off', file: truncate(wav), ends: 'rejected' },
])('$name ends the same, once,', ({ file, ends }) => {
  test.each(mishaps)(
    'whichever call of its workers is %s',
    async (mishap) => {
      const { end } = await strikeEach(sql, { file }, mishap)
      expect(end).toMatchObject({
        upload: ends,
        dead: [],
        notifications: ends === 'ready' ? ['new_version 1'] : [],
      })
    },
    240_000,
  )
})
