import { makeSong } from './song.ts'

interface Sample {
  readonly label: string
  readonly make: () => File
}

const wav = (parts: readonly BlobPart[], name: string) => new File([...parts], name, { type: 'audio/wav' })

/** In two halves, so that no scanner takes this page for the test file. */
const testString = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-', 'STANDARD-ANTIVIRUS-TEST-FILE!$H+H*']

/** In place of some samples. */
function hide(text: string, parts: readonly BlobPart[]): BlobPart[] {
  const whole = new Blob([...parts])
  const at = 4_096
  return [whole.slice(0, at), text, whole.slice(at + text.length)]
}

/** Files to try the pipeline with, one of them long enough to be sent in parts. */
export const samples: readonly Sample[] = [
  { label: 'a made song', make: () => wav(makeSong(1), 'harbour_lights.wav') },
  { label: 'a long one', make: () => wav(makeSong(38), 'harbour_all_night.wav') },
  {
    label: 'an infected file',
    make: () => wav(hide(testString.join(''), makeSong(1)), 'not_music.wav'),
  },
  {
    label: 'a letter named .mp3',
    make: () =>
      new File(['Dear listener, this is no song.\n'.repeat(300)], 'letter.mp3', { type: 'audio/mpeg' }),
  },
]
