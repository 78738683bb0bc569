import { defineRoutes, noContent, type Policy, pageQuery } from '../../lib/http/route.ts'
import { listFollowers, personPage } from '../../lib/relations/schemas.ts'
import { likedTrackPage, searchUsers, userParams } from '../../lib/users/schemas.ts'

const anybody: Policy = { permission: 'public', reach: 'visible', limit: 'read', step_up: false }
const ownList: Policy = { permission: 'account.manage', reach: 'own', limit: 'read', step_up: false }
const follow: Policy = { permission: 'account.manage', reach: 'visible', limit: 'follow', step_up: false }
const shut: Policy = { permission: 'account.manage', reach: 'visible', limit: 'write', step_up: false }

/** What is done to a user, by the name in the path. */
const deed = {
  auth: 'user',
  params: userParams,
  status: 204,
  moves: true,
  response: noContent,
} as const

/** Who is there, and who follows, blocks and mutes whom. */
export const peopleRoutes = defineRoutes({
  searchUsers: {
    method: 'GET',
    path: '/api/v1/users',
    auth: 'optional',
    policy: { permission: 'public', reach: 'visible', limit: 'search', step_up: false },
    summary: 'Find users by name: whoever is called just so, begins so, and then whoever is called nearly so',
    query: searchUsers,
    status: 200,
    response: personPage,
    problems: [],
  },
  followUser: {
    ...deed,
    method: 'PUT',
    path: '/api/v1/users/{username}/follow',
    policy: follow,
    summary: 'Follow a user',
    problems: ['not_found', 'own_account'],
  },
  unfollowUser: {
    ...deed,
    method: 'DELETE',
    path: '/api/v1/users/{username}/follow',
    policy: follow,
    summary: 'Follow a user no longer',
    problems: ['not_found'],
  },
  blockUser: {
    ...deed,
    method: 'PUT',
    path: '/api/v1/users/{username}/block',
    policy: shut,
    summary:
      'Block a user: neither of you finds the other any more, and your follows and likes of each other are gone',
    problems: ['not_found', 'own_account'],
  },
  unblockUser: {
    ...deed,
    method: 'DELETE',
    path: '/api/v1/users/{username}/block',
    policy: shut,
    summary: 'Block a user no longer; what the block took away does not come back',
    problems: ['not_found'],
  },
  muteUser: {
    ...deed,
    method: 'PUT',
    path: '/api/v1/users/{username}/mute',
    policy: shut,
    summary: 'Hear no more of a user, who does not learn of it; nobody else hears them on your tracks',
    problems: ['not_found', 'own_account'],
  },
  unmuteUser: {
    ...deed,
    method: 'DELETE',
    path: '/api/v1/users/{username}/mute',
    policy: shut,
    summary: 'Hear of a user again',
    problems: ['not_found'],
  },
  listFollowers: {
    method: 'GET',
    path: '/api/v1/users/{username}/followers',
    auth: 'optional',
    policy: anybody,
    summary: 'List who follows a user, newest first; those of a private profile are shown to its owner alone',
    params: userParams,
    query: listFollowers,
    status: 200,
    moves: true,
    response: personPage,
    problems: ['not_found'],
  },
  listFollowing: {
    method: 'GET',
    path: '/api/v1/users/{username}/following',
    auth: 'optional',
    policy: anybody,
    summary:
      'List whom a user follows, newest first; those of a private profile are shown to its owner alone',
    params: userParams,
    query: pageQuery,
    status: 200,
    moves: true,
    response: personPage,
    problems: ['not_found'],
  },
  listUserLikes: {
    method: 'GET',
    path: '/api/v1/users/{username}/likes',
    auth: 'optional',
    policy: anybody,
    summary: 'List the public tracks that a user likes, newest like first, where they show it',
    params: userParams,
    query: pageQuery,
    status: 200,
    moves: true,
    response: likedTrackPage,
    problems: ['not_found'],
  },
  listOwnLikes: {
    method: 'GET',
    path: '/api/v1/users/me/likes',
    auth: 'user',
    policy: ownList,
    summary: 'List the tracks that you like, newest like first',
    query: pageQuery,
    status: 200,
    response: likedTrackPage,
    problems: [],
  },
  listOwnBlocks: {
    method: 'GET',
    path: '/api/v1/users/me/blocks',
    auth: 'user',
    policy: ownList,
    summary: 'List whom you have blocked, newest first',
    query: pageQuery,
    status: 200,
    response: personPage,
    problems: [],
  },
  listOwnMutes: {
    method: 'GET',
    path: '/api/v1/users/me/mutes',
    auth: 'user',
    policy: ownList,
    summary: 'List whom you have muted, newest first',
    query: pageQuery,
    status: 200,
    response: personPage,
    problems: [],
  },
})
