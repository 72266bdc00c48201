/**
 * The shapes that the page knows, as the daemon's records have them (see docs/protocol.md).
 *
 * @typedef {{state: "active" | "idle" | "asking" | "unknown", source?: string, since?: string,
 *   text?: string, worker?: string, name?: string}} Activity
 *
 * @typedef {{path: string, location: string, problem: string | null, branch: string | null,
 *   is_detached: boolean, base_branch: string | null, ahead: number | null, behind: number | null,
 *   ahead_of_base: number | null, behind_base: number | null, staged: number | null,
 *   modified: number | null, untracked: number | null, conflicted: number | null}} Worktree
 *
 * @typedef {{id: string, title: string, type: "quick" | "worktree", status: string,
 *   provider: string | null, model: string | null, created_at: string, updated_at: string,
 *   message_count: number, worker_count: number, is_active: boolean, activity: Activity | null,
 *   forked_from: {session_id: string, n: number} | null, location: string | null,
 *   worktree: Worktree | null}} SessionInfo
 *
 * @typedef {{id: string, name: string, type: "conversation" | "agent" | "terminal", desired: string,
 *   status: string, restarts: number, exit: {code: number | null, signal: number | null, at: string} | null,
 *   last_error: string | null, agent?: string, delivery?: Delivery | null, isPending?: boolean}} Worker
 *
 * @typedef {{id: string, title: string, type: "quick" | "worktree", location_path: string,
 *   status: string, desired: string, config: any, metrics: any, workers: Worker[],
 *   message_count: number, permissions: Permission[], branch?: string | null,
 *   parent_session_id: string | null}} Session
 *
 * @typedef {{id: string, session_id: string, title?: string, kind: "call" | "server", tool: string,
 *   server: string, arguments: any, reason: string | null, seconds_left: number, until?: number, asked_at: string,
 *   response_id: string | null, tool_call_id: string | null, state: string, only_reads: boolean}} Permission
 *
 * @typedef {{type: string, text?: string, url?: string, name?: string}} Content
 * @typedef {{tool_call_id: string, name: string, args: any, status: string, progress?: string,
 *   result?: {content: string, is_error: boolean}}} ToolCall
 * @typedef {{number: number, status: string, content?: Content[], tool_calls?: ToolCall[],
 *   model?: string, usage?: any, cost?: {usd: string} | null, error?: string, waits_until?: string,
 *   started_at: string, completed_at?: string}} Turn
 * @typedef {{id: string, n?: number, request: {content: Content[]}, status: string, turns?: Turn[],
 *   failure?: {code: string, message: string}, created_at: string, completed_at?: string}} Round
 *
 * @typedef {{response_id: string, state: string, attempts?: number, presses?: number,
 *   evidence?: string, code?: string | null, since?: string}} Delivery
 * @typedef {{response: string, text: string, delivery: Delivery}} Prompt
 * @typedef {{promptBox: boolean, screenReader: boolean}} Settings
 *
 * @typedef {import("./route.js").Route} Route
 * @typedef {{id: number, kind: "info" | "error", text: string}} Toast
 *
 * @typedef {object} State
 * @property {"unknown" | "open" | "closed"} entry whether this browser may come in
 * @property {"connecting" | "live" | "lost"} link to the daemon
 * @property {SessionInfo[]} sessions
 * @property {boolean} isSynced whether `sessions` has ever been heard
 * @property {Record<string, Session | null>} details by id; null: there is none
 * @property {Record<string, Round[]>} histories by session
 * @property {Record<string, string>} firstRounds the first one that is shown, where more were asked for
 * @property {Record<string, Turn[]>} growing the turns of a response as far as they have come
 * @property {Permission[]} permissions the open ones
 * @property {Record<string, Activity>} activities by worker
 * @property {Record<string, Worker[]>} pending tabs that are asked for, by session
 * @property {Record<string, Prompt[]>} prompts for agents, sent from here, by worker
 * @property {Record<string, boolean>} unsent what found no daemon when it was to be sent, by whom it is for
 * @property {Record<string, any>} diffs by session: an answer, or `{problem}`
 * @property {any[] | null} trash
 * @property {{state: "ok" | "degraded", problems: string[], quarantined: {session_id: string, reason: string}[]}} store
 * @property {any} status
 * @property {any[] | null} agents
 * @property {Route} route
 * @property {string} search
 * @property {Toast[]} toasts
 * @property {any} dialog the one that is open
 * @property {{text: string, at: number} | null} palette
 * @property {Record<string, boolean>} opened what was opened by hand, by a name
 * @property {Record<string, string>} leases who else types, by worker
 * @property {Record<string, any>} ends how a terminal's program ended, by worker
 * @property {"off" | "on" | "denied"} notices
 * @property {"system" | "dark" | "light"} theme
 * @property {Settings} settings
 * @property {number} now milliseconds, some seconds old at most
 */

export {};
