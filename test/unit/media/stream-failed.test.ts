import { streamFailed } from '../../../lib/media/streams/schemas.ts'

const ids = {
  version_id: '0199f0f0-0000-7000-8000-000000000001',
  job_id: '0199f0f0-0000-7000-8000-000000000002',
}
const reasonOf = (reason: string) => streamFailed.parse({ ...ids, reason }).reason

test.each([
  [
    "ffmpeg: cannot open 'https://media.example/originals/1/ab?versionId=9&X-Amz-Signature=5ecret': 403",
    "ffmpeg: cannot open 'https://media.example/originals/1/ab': 403",
  ],
  [
    'HTTP://a.example/?sig=5ecret and https://b.example/x?token=5ecret',
    'HTTP://a.example/ and https://b.example/x',
  ],
  ['what? nothing at https://c.example/is secret', 'what? nothing at https://c.example/is secret'],
  ['two\nlines\u001b[31m', 'two lines [31m'],
])('the reason of the stream server shows nothing that opens an original: %j', (given, shown) => {
  expect(reasonOf(given)).toBe(shown)
})
