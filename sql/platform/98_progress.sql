-- Long work that is done in committed pieces: how far it is.

CREATE VIEW rui.progress WITH (security_invoker = true, security_barrier = true) AS
SELECT w.project_id, w.job, w.subject_id, w.about, w.done, w.total, w.began_at, w.is_finished,
	CASE WHEN NOT w.is_finished AND w.done > 0 THEN (clock_timestamp() - w.began_at) * (w.total - w.done)::double precision / w.done END AS left_over
FROM (
	SELECT r.project_id, 'billing' AS job, r.id AS subject_id, to_char(r.month, 'YYYY-MM') AS about, r.units_done AS done, r.units_total AS total, r.began_at, r.ended_at IS NOT NULL AS is_finished
	FROM rui.billing_run r WHERE r.began_at IS NOT NULL
	UNION ALL
	SELECT b.project_id, 'message', b.id, b.kind_code, b.filled::bigint, b.recipients::bigint, b.recorded_at, b.state <> 'filling'
	FROM rui.message_batch b
	UNION ALL
	SELECT v.project_id, 'verification', v.id, 'seals', v.done, v.seals, v.began_at, v.ended_at IS NOT NULL
	FROM rui.verification v) w;
PERFORM rui._describe('progress', 'Long work in committed pieces, under way and done.',
	'job: billing (rui.bill_month: units), message (rui.plan_messages: recipients), verification (rui.verify_project: seals).',
	'subject_id: Id of the row of rui.billing_run, rui.message_batch or rui.verification.', 'about: The month, the kind of message, or seals.',
	'done: How many units, recipients or seals it has been through.', 'total: Of how many.',
	'began_at: When it began.', 'is_finished: Whether it is through.',
	'left_over: How much longer it takes if it goes on as fast as so far; null when it is through or has not begun.');
GRANT SELECT ON rui.progress TO rui_manager, rui_auditor;
