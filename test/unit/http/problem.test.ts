import { createObjectStore } from '../../../lib/aws/object-store.ts'
import { AppError } from '../../../lib/errors.ts'
import { asAppError } from '../../../lib/http/problem.ts'
import { type S3Fault, useFaultyS3 } from '../../support/faulty-s3.ts'

const s3 = useFaultyS3(Buffer.from('sound'))
const store = createObjectStore('uploads', { requestTimeout: 200, socketTimeout: 200 })

test.each<S3Fault>(['unavailable', 'internal', 'silent', 'reset'])(
  'a bucket that stays %s is no fault of ours: the caller may come again',
  async (fault) => {
    s3.befall(fault, 100)
    const error = await store.remove('uploads/a').catch((cause: unknown) => cause)
    expect(asAppError(error)).toMatchObject({ code: 'unavailable' })
  },
)

test.each([
  { name: 'a refusal of AWS', error: Object.assign(new Error('no'), { $metadata: { httpStatusCode: 403 } }) },
  { name: 'a fault of ours', error: new TypeError('no') },
  { name: 'nothing', error: undefined },
])('$name is internal', ({ error }) => {
  expect(asAppError(error)).toMatchObject({ code: 'internal' })
})

test('what is safe to show stays as it is', () => {
  const error = new AppError('not_found')
  expect(asAppError(error)).toBe(error)
})
