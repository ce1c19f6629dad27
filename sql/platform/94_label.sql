-- Names that no room gives by itself: permissions, duties, errors, and what
-- happens in a state machine.

PERFORM rui._name('permission', p.code, p.zh, p.en) FROM (VALUES
	('archive_project', '归档项目', 'archive projects'), ('export_estate', '导出房产', 'export the estate'), ('export_people', '导出人员', 'export people'),
	('show_people', '显示个人信息', 'show personal data'), ('import_opening', '导入期初欠费', 'import opening arrears'),
	('add_charge', '录入应收', 'add charges'), ('request_waivers', '申请减免', 'request waivers'), ('approve_waivers', '审批减免', 'approve waivers'),
	('see_own_charges', '查看自家账单', 'see one''s own charges'), ('see_charges', '查看账单', 'see charges'), ('ask_grid', '查询网格', 'ask for the grid of a place'),
	('call_back_ticket', '回访工单', 'call back about tickets'), ('close_period', '会计结账', 'close accounting months'),
	('consume_events', '消费事件', 'consume events'), ('correct_clocks', '更正时钟', 'correct clocks'),
	('deliver_messages', '投递消息', 'deliver messages'), ('design_grids', '设计网格', 'design grids'),
	('dispatch', '派单', 'dispatch'), ('dispose_documents', '销毁文件内容', 'destroy contents of documents'),
	('erase_documents', '删除文件', 'erase documents'), ('grant_any_role', '授予任何角色', 'grant any role'),
	('manage_company', '管理公司', 'manage the company'), ('manage_estate', '管理房产', 'manage the estate'), ('manage_meters', '管理仪表', 'manage meters'),
	('record_readings', '抄表', 'record readings'), ('report_readings', '自报读数', 'report readings of one''s own meters'),
	('check_readings', '复核读数', 'check readings'), ('see_meters', '查看仪表', 'see meters'), ('see_own_meters', '查看自家仪表', 'see one''s own meters'),
	('see_places', '查看空间', 'see places'), ('see_units', '查看房屋', 'see units'), ('record_vacancy', '登记空置', 'record vacancy'),
	('declare_vacancy', '申报空置', 'declare one''s own unit vacant'), ('confirm_vacancy', '认定空置', 'confirm vacancy'),
	('manage_grids', '管理网格', 'manage grids'), ('manage_people', '管理人员', 'manage people'),
	('manage_tickets', '管理工单', 'manage tickets'), ('open_books', '建账', 'open the books'),
	('open_for_others', '代人报单', 'open tickets for others'), ('open_ticket', '报单', 'open tickets'),
	('plan_shifts', '排班', 'plan shifts'), ('post_entry', '记账', 'post entries'), ('rate_ticket', '评价工单', 'rate tickets'),
	('read_documents', '阅读文件', 'read documents'), ('read_history', '查看变更历史', 'read what changed'),
	('read_messages', '阅读消息', 'read messages'), ('read_reports', '查看报表', 'read reports'),
	('record_audit', '录入检查', 'record audits'), ('record_payment', '录入收款', 'record payments'),
	('reopen_period', '反结账', 'reopen accounting months'), ('reverse_charge', '冲销应收', 'reverse charges'),
	('reverse_payment', '冲销收款', 'reverse payments'), ('run_billing', '出账', 'run billing'), ('run_duties', '执行定时任务', 'run duties'),
	('search', '搜索', 'search'), ('search_homes', '搜索房屋', 'search homes'), ('search_people', '搜索人员', 'search people'),
	('search_phones', '按电话搜索', 'search by phone'), ('search_tickets', '搜索工单', 'search tickets'),
	('see_all_documents', '查看全部文件', 'see all documents'), ('see_all_tickets', '查看全部工单', 'see all tickets'),
	('see_clocks', '查看时钟', 'see clocks'), ('see_documents', '查看文件', 'see documents'), ('see_grids', '查看网格', 'see grids'),
	('see_heat', '查看热力图', 'see heat maps'), ('see_tickets', '查看工单', 'see tickets'), ('see_walks', '查看步行时间', 'see walking times'),
	('send_campaigns', '群发消息', 'send to many'), ('send_emergencies', '发送紧急消息', 'send emergencies'), ('send_messages', '发送消息', 'send messages'),
	('set_calendars', '设置日历', 'set calendars'), ('set_categories', '设置工单类别', 'set categories'), ('set_consumers', '设置事件消费者', 'set consumers of events'),
	('set_dispatch', '设置派单规则', 'set the rules of dispatch'), ('set_documents', '设置文件类别', 'set kinds of documents'),
	('set_messages', '设置消息', 'set messages'), ('set_policies', '设置时效承诺', 'set SLA policies'), ('set_prices', '设置价格', 'set prices'),
	('set_project_state', '变更项目状态', 'move projects'), ('set_scorecards', '设置评分表', 'set scorecards'), ('set_time', '指定时间', 'state another time than now'),
	('set_travel', '设置路网', 'set ways and travel'), ('store_documents', '上传文件', 'store documents'), ('work_ticket', '处理工单', 'work on tickets'), ('work_shift', '上班', 'work shifts')
) AS p(code, zh, en);

PERFORM rui._name('duty', d.code, d.zh, d.en) FROM (VALUES
	('make_partitions', '建立月分区', 'make partitions'), ('dispatch', '自动派单', 'dispatch'), ('tell_lapses', '资格到期提醒', 'tell of lapsing qualifications'), ('settle_calendars', '日历变更重算', 'settle calendars'),
	('escalate', '预警与升级', 'warn and escalate'), ('resume_tickets', '恢复挂起工单', 'resume tickets'), ('hand_over', '交接工作', 'hand over work'),
	('close_tickets', '自动关单', 'close tickets'), ('erase_documents', '到期删除文件', 'erase documents'), ('fill_messages', '生成消息', 'fill messages'),
	('reroute_messages', '消息改道', 'reroute messages'), ('expire_messages', '消息过期', 'expire messages'), ('tell_escalations', '通知升级', 'tell escalations'),
	('charge_tickets', '工单计费', 'charge tickets'), ('refresh_search', '刷新搜索', 'refresh search'), ('number_events', '事件编号', 'number events'),
	('retain_events', '事件留存', 'retain events'), ('forget_requests', '清除请求键', 'forget request keys')
) AS d(code, zh, en);

-- People: what they are, where they belong, how they are reached.
PERFORM rui._name(n.kind, n.code, n.zh, n.en) FROM (VALUES
	('module', 'steward', '管家服务', 'stewardship'), ('module', 'place', '设施维护', 'places and equipment'), ('module', 'order', '秩序维护', 'order'),
	('module', 'support', '综合支持', 'support'), ('party_kind', 'person', '个人', 'person'), ('party_kind', 'organisation', '单位', 'organisation'),
	('contact_kind', 'phone', '电话', 'phone'), ('contact_kind', 'email', '电子邮箱', 'email'), ('contact_kind', 'wechat', '微信', 'WeChat'),
	('contact_kind', 'push', '应用推送', 'app'), ('contact_kind', 'address', '地址', 'address'),
	('occupancy_role', 'owner', '业主', 'owner'), ('occupancy_role', 'tenant', '租户', 'tenant'), ('occupancy_role', 'family', '家属', 'family'),
	('occupancy_role', 'helper', '家政人员', 'helper'), ('occupancy_role', 'other', '其他', 'other'),
	('qualification_kind', 'skill', '技能', 'skill'), ('qualification_kind', 'training', '培训', 'training'), ('qualification_kind', 'certificate', '证书', 'certificate'),
	('qualification_kind', 'licence', '执照', 'licence'), ('qualification_kind', 'insurance', '保险', 'insurance'),
	('consent_channel', 'app', '应用', 'app'), ('consent_channel', 'web', '网页', 'web'), ('consent_channel', 'wechat', '微信', 'WeChat'), ('consent_channel', 'phone', '电话', 'phone'),
	('consent_channel', 'sms', '短信', 'SMS'), ('consent_channel', 'email', '电子邮箱', 'email'), ('consent_channel', 'paper', '纸质', 'paper'), ('consent_channel', 'visit', '上门', 'visit'),
	('personal_request', 'correction', '更正', 'correction'), ('personal_request', 'erasure', '删除', 'erasure'), ('personal_request', 'retention', '到期删除', 'end of retention'),
	('unit_kind', 'any', '任何', 'any')
) AS n(kind, code, zh, en);

-- What docs/errors.md lists, for those who show errors to people.
PERFORM rui._name('error', e.code, e.zh, e.en) FROM (VALUES
	('0A000', '不支持', 'not supported'), ('22001', '文本过长', 'text too long'), ('22003', '数值超出范围', 'number out of range'),
	('22004', '缺少必填项', 'something is missing'), ('22007', '日期格式不对', 'not a date'), ('22008', '时间超出范围', 'time out of range'),
	('22023', '参数无效', 'argument without meaning'), ('22P02', '格式不对', 'text that cannot be read'), ('22P03', '二进制格式不对', 'binary value that cannot be read'),
	('23502', '缺少状态', 'state missing'), ('25000', '事务隔离级别不符', 'transaction looks at the past'), ('23503', '仍被引用或引用不存在', 'row still referred to, or none to refer to'), ('23505', '编号已存在', 'code or number taken'),
	('23514', '违反规则', 'against a rule'), ('23P01', '时间重叠', 'overlap in time'), ('39P01', '触发器误用', 'trigger misused'), ('28000', '令牌无效', 'claims that do not count'),
	('40001', '事务看不到他人已提交的变更', 'others have committed meanwhile'), ('42501', '没有权限', 'not permitted'), ('42703', '缺少列', 'column missing'), ('42704', '缺少类型', 'type missing'), ('42P01', '平台未创建', 'platform not created'),
	('53400', '查看人数超过限额', 'more people asked for than allowed'), ('53200', '内存不足', 'out of memory'), ('54000', '超出限额', 'limit exceeded'), ('55000', '当前状态不允许', 'not legal now'), ('57014', '已取消', 'cancelled'),
	('P0002', '不存在', 'does not exist'), ('XX000', '内部错误', 'internal error'), ('XX001', '数据损坏', 'data corrupted'),
	('RU101', '读数倒走', 'the register would fall'), ('RU301', '网格不连通', 'grid not in one piece'), ('RU409', '请求键已用于其他内容', 'request key used for other content')
) AS e(code, zh, en);

PERFORM rui._name('event', e.code, e.zh, e.en) FROM (VALUES
	('account.add', '新增科目', 'account added'), ('audit.record', '录入检查', 'audit recorded'), ('books.open', '建账', 'books opened'),
	('calendar.set', '设置日历', 'calendar set'), ('calendar.settle', '日历变更重算', 'calendar settled'), ('clock.pause', '时钟暂停', 'clock paused'),
	('clock.resume', '时钟恢复', 'clock resumed'), ('dispatch.override', '人工改派', 'dispatch overridden'), ('dispatch.run', '派单运行', 'dispatch run'),
	('document_kind.set', '设置文件类别', 'kind of document set'), ('entry.post', '记账', 'entry posted'), ('entry.reverse', '冲账', 'entry reversed'),
	('event_consumer.lag', '消费者滞后', 'consumer lags'), ('event_consumer.lapse', '消费者被放弃', 'consumer given up'),
	('fee_item.set', '设置收费项目', 'fee item set'), ('grid.end_cover', '代管结束', 'cover ended'), ('grid.set_cover', '设置代管', 'cover set'),
	('grid.set_steward', '更换管家', 'steward set'), ('grid_plan.move_building', '调整楼栋', 'building moved'), ('late_rule.set', '设置滞纳金规则', 'late rule set'),
	('membership.grant', '授予角色', 'role granted'), ('message_channel.set', '设置消息渠道', 'channel set'), ('message_kind.set', '设置消息种类', 'kind of message set'),
	('message_setting.set', '设置消息参数', 'message setting set'), ('message_template.set', '设置消息模板', 'template set'), ('pause_rule.set', '设置暂停规则', 'pause rule set'),
	('price_plan.end', '价格停用', 'price ended'), ('price_plan.set', '设置价格', 'price set'), ('project.contract_level', '变更合同等级', 'contract level set'),
	('scorecard.set', '设置评分表', 'scorecard set'), ('sla_policy.apply', '应用时效承诺', 'SLA policy applied'),
	('sla_policy.end', '时效承诺停用', 'SLA policy ended'), ('sla_policy.set', '设置时效承诺', 'SLA policy set'),
	('staff.employ', '录用', 'somebody employed'), ('staff.hand_over', '工作移交', 'work handed over'), ('staff_exit.add_item', '添加离职事项', 'item added to an exit'),
	('staff_exit.tick_item', '完成离职事项', 'item of an exit done'), ('rest_rule.set', '设置休息规则', 'rest rule set'),
	('rest_rule.set_standard', '采用法定休息规则', 'legal rest rules adopted'), ('post.set_qualification', '设置岗位资格', 'qualification of a post set'),
	('working_system.set', '设置工时制', 'working time system set'), ('staffing.set_standard', '设置定编标准', 'staffing standard set'),
	('barrier.open', '设立障碍', 'barrier set'), ('barrier.close', '解除障碍', 'barrier ended'), ('passage.open', '开通通道', 'passage opened'), ('passage.close', '关闭通道', 'passage closed')
) AS e(code, zh, en);

-- An action of a state machine is told as subject.action.
INSERT INTO rui.label (kind, code, lang, name)
SELECT DISTINCT 'event', t.subject || '.' || t.action, a.lang, w.name || CASE a.lang WHEN 'zh' THEN '：' ELSE ': ' END || a.name
FROM rui.transition t
JOIN rui.label a ON a.kind = 'action.' || t.subject AND a.code = t.action
JOIN rui.label w ON w.kind = 'workflow' AND w.code = t.subject AND w.lang = a.lang
WHERE NOT EXISTS (SELECT FROM rui.label l WHERE l.kind = 'event' AND l.code = t.subject || '.' || t.action AND l.lang = a.lang);
