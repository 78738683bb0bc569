import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { canarySignature } from '../../lib/definitions/canary.ts'

const image = path.resolve(import.meta.dirname, '../../functions/scan-worker/image')
const read = (name: string) => readFileSync(path.join(image, name), 'utf8')

test('clamd loads the test signature from beside the real definitions', () => {
  const [, directory] = /BUNDLED_DEFINITIONS=(\S+)/.exec(read('Dockerfile'))!

  expect(read('Dockerfile')).toContain(`freshclam --config-file=/etc/freshclam.conf --datadir=${directory}`)
  expect(read('Dockerfile')).toContain(`COPY veza-test.ndb veza-set.hsb ${directory}/`)
})

test('clamd looks where the function puts the newest set', () => {
  const [, directory] = /DEFINITIONS_DIRECTORY=(\S+)/.exec(read('Dockerfile'))!

  expect(read('clamd.conf')).toContain(`DatabaseDirectory ${directory}/current\n`)
  expect(read('start')).toContain('current="$DEFINITIONS_DIRECTORY/current"')
})

test('the engine of the image knows which definitions it has', () => {
  expect(read('veza-set.hsb')).toBe(canarySignature('image'))
})

test('the image holds every file that its Dockerfile copies', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, files]) =>
    files!.split(' '),
  )

  expect(readdirSync(image)).toEqual(expect.arrayContaining(copied.filter((file) => file !== '.')))
})
