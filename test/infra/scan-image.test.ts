import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

const image = path.resolve(import.meta.dirname, '../../functions/scan-worker/image')
const read = (name: string) => readFileSync(path.join(image, name), 'utf8')

test('clamd loads the test signature from beside the real definitions', () => {
  const [, directory] = /^DatabaseDirectory (.+)$/m.exec(read('clamd.conf'))!

  expect(read('Dockerfile')).toContain(`freshclam --config-file=/etc/freshclam.conf --datadir=${directory}`)
  expect(read('Dockerfile')).toContain(`COPY veza-test.ndb ${directory}/`)
})

test('the image holds every file that its Dockerfile copies', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (\S+) /gm)].map(([, file]) => file!)

  expect(readdirSync(image)).toEqual(expect.arrayContaining(copied.filter((file) => file !== '.')))
})
