import { removeComment } from '../comments/removal.ts'
import type { Db } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { type CaseRow, lockComment } from './cases-repository.ts'
import { hideComment, hideTrack, showComment, showTrack } from './hiding.ts'
import type { Action, SubjectKind } from './schemas.ts'

type Effect = (tx: Db, subjectId: string, now: Date) => Promise<unknown>

const nothing: Effect = async () => {}

const remove: Effect = async (tx, commentId, now) => {
  if (await lockComment(tx, commentId)) await removeComment(tx, commentId, now)
}

/**
 * What becomes of the thing itself; what is not here cannot be done. A track that is taken out of sight stays with
 * its owner, and nobody is hidden: they are suspended.
 */
const effects: Readonly<Record<SubjectKind, Partial<Record<Action, Effect>>>> = {
  comment: { dismiss: showComment, warn: showComment, hide: hideComment, remove, suspend: hideComment },
  track: { dismiss: showTrack, warn: showTrack, hide: hideTrack, suspend: hideTrack },
  user: { dismiss: nothing, warn: nothing, suspend: nothing },
}

export async function takeEffect(
  tx: Db,
  { subject_kind, subject_id }: CaseRow,
  action: Action,
  now: Date,
): Promise<void> {
  const effect = effects[subject_kind][action]
  if (!effect) {
    const detail = `A ${subject_kind} cannot be dealt with so`
    throw new AppError('validation_failed', undefined, {
      errors: [{ pointer: '#/body/action', code: 'invalid', detail }],
    })
  }
  await effect(tx, subject_id, now)
}
