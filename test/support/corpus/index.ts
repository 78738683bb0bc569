import { brokenFiles } from './broken.ts'
import { encodeAll } from './encode.ts'
import type { CorpusFile } from './file.ts'
import { disguised, polyglots } from './hostile.ts'
import { filesWithPictures } from './pictures.ts'
import { validFiles } from './valid.ts'
import { debianFiles, infectedFiles } from './viral.ts'

/** Files of every kind that somebody may send, with what is to become of each. Made in some seconds. */
export async function makeCorpus(): Promise<readonly CorpusFile[]> {
  const encoded = await encodeAll()
  return [
    ...validFiles(encoded),
    ...(await filesWithPictures(encoded)),
    ...brokenFiles(encoded),
    ...(await polyglots(encoded)),
    ...disguised(encoded),
    ...(await infectedFiles(encoded)),
    ...debianFiles(),
  ]
}
