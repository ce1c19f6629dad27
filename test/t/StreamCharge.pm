# What the stream of money charges: runs, single charges, opening arrears, and
# what is taken back of them.
package Stream;
use strict;
use warnings;
use List::Util qw(max min);
use MoneyModel;
use Test::More;
use StreamTown;

our ($model, $now, $first, $step, $checks_steps, @units, @parties);

# ------------------------------------------------------------------ commands
sub key { return ", request_key => 'k$step', at => " . at($_[0]) . ')' }

sub new_plan_charges
{
	my $last = max(0, ids('charges'));
	return rows(q{SELECT c.id, concat_ws(' ', f.code, c.unit_id, lower(c.period), upper(c.period), c.revision), c.unit_id FROM rui.charge c
		JOIN rui.fee_item f ON f.id = c.fee_item_id WHERE c.source IN ('plan', 'meter') AND c.id > } . $last . ' ORDER BY c.id');
}

our %next; # of a run in pieces: the place of the next unit; a run of all ends it

# The charges of so many units from where the run has come to, or all that are left.
sub take_piece
{
	my ($month, $at, $pieces, @found) = @_;
	my $from = $next{$month} // 0;
	my @piece = @units[ $from .. min($#units, $from + ($pieces // @units) - 1) ];
	my $is_last = $from + @piece == @units;
	$next{$month} = $is_last ? 0 : $from + @piece;
	my %of = map { $_ => 1 } @piece;
	$model->bill($month, $at, $is_last, \@piece, grep { $of{ $_->[2] } && !$model->{charges}{ $_->[0] } } @found);
}

sub bill
{
	my ($month, $at) = @_;
	my $day = day($month);
	my $dice = rand();
	if ($dice < 0.4)
	{
		command('billing', "SELECT * FROM rui.run_billing(1, $day, at => " . at($at) . ')', 0,
			sub { $model->bill($month, $at, 1, [], defined $_[0] ? new_plan_charges() : ()); $next{$month} = 0 });
	}
	elsif ($dice < 0.6)
	{
		my $size = 1 + int(rand(5));
		for (1 .. 1 + int(rand(4)))
		{
			command('billing piece', "SELECT * FROM rui.continue_billing(1, $day, $size, at => " . at($at) . ')', 0, sub {
				my $before = $next{$month};
				eval { take_piece($month, $at, $size, defined $_[0] ? new_plan_charges() : ()); 1 } or do { $next{$month} = $before; die $@ };
			});
		}
	}
	elsif ($dice < 0.8)
	{
		my $before = $next{$month};
		command('billing month', "CALL rui.bill_month(1, $day, " . (1 + int(rand(5))) . ', ' . at($at) . ')', 0, sub {
			eval { take_piece($month, $at, undef, defined $_[0] ? new_plan_charges() : ()); 1 } or do { $next{$month} = $before; die $@ };
		});
	}
	else
	{
		# Two at once: the charges of one.
		my $size = rand() < 0.5 ? 3 : undef;
		my $sql = $size ? "SELECT * FROM rui.continue_billing(1, $day, $size, at => " . at($at) . ')' : "SELECT * FROM rui.run_billing(1, $day, at => " . at($at) . ')';
		ask($_, 'SELECT 1') for qw(first second);
		send_sql($_, $sql) for qw(first second);
		my @state = map { (answer($_))[0] } qw(first second);
		my @found = new_plan_charges();
		my $before = $next{$month};
		for my $place (0, 1)
		{
			# What the other has charged is known when both have been judged.
			local $checks_steps = $place && $checks_steps;
			judge('billing at once', $sql, $state[$place], '', sub {
				eval {
					if ($size) { take_piece($month, $at, $size, @found) }
					else { $model->bill($month, $at, 1, [], grep { !$model->{charges}{ $_->[0] } } @found); $next{$month} = 0 }
					1;
				} or do { $next{$month} = $before; die $@ };
			});
		}
	}
}

sub opening
{
	my $unit = one_of(@units);
	my $from = $first - 30 - int(rand(300));
	my $to = $from + 1 + int(rand(60));
	my $gross = 1 + int(rand(30000));
	my $code = one_of(qw(property park));
	my ($at, $reference) = ($now, "r$step");
	my $due_on = $to - 1 - int(rand(9));
	my $n = (grep { $units[ $_ - 1 ] == $unit } 1 .. @units)[0];
	my $batch = sprintf '[{"unit":"u%d","fee_item":"%s","from":%s,"to":%s,"amount":"%s","due_on":%s,"reference":"%s"}]', $n, $code,
	  map({ s/'/"/gr } day($from), day($to)), money($gross), day($due_on) =~ s/'/"/gr, $reference;
	command('opening', "SELECT r.id FROM rui.import_opening_arrears(1, '$batch'" . key($at) . ' r WHERE r.row_no = 1', 1, sub {
		$model->add_opening(id => ($_[0] // 0) + 0, item => $code, unit => $unit, from => $from, to => $to, gross => $gross, due_on => $due_on, at => $at);
	});
}

# Often one that is not all revenue yet.
sub some_deferred { return rand() < 0.4 ? one_of(grep { my $c = $model->{charges}{$_}; $c->{later} && !defined $c->{back_at} } ids('charges')) : undef }
sub some_charge { return some_deferred() // one_of(grep { my $c = $model->{charges}{$_}; !defined $c->{back_at} || rand() < 0.1 } ids('charges')) }
sub some_open { return some_deferred() // one_of(grep { $model->open_amount($model->{charges}{$_}) > 0 } ids('charges')) // some_charge() }

sub order
{
	my ($unit, $about, $at) = (one_of(@units), undef, when());
	if (rand() < 0.35 && defined($about = some_charge())) { undef $unit }
	my $payer = !$about && rand() < 0.3 ? one_of(@parties) : undef;
	undef $unit if $payer && rand() < 0.3;
	my $quantity = int(rand(900));
	my $source = $about ? 'cost' : one_of(qw(order order contract meter subscription custody booking penalty));
	my $source_id = !$about && rand() < 0.5 ? 1 + int(rand(9)) : undef;
	# Now and then what is charged already.
	if (!$about && rand() < 0.25 && (my $known = one_of(grep { defined $model->{charges}{$_}{source_id} } ids('charges'))))
	{
		($source, $source_id) = @{ $model->{charges}{$known} }{qw(source source_id)};
	}
	# For days around, or a long time ahead.
	my ($from, $to);
	if (!$about && rand() < 0.6)
	{
		$from = MoneyModel::day_at($at) - 40 + int(rand(80));
		$to = $from + (1, 1 + int(rand(40)), 90, 365)[ rand 4 ];
	}
	command($about ? 'cost' : $from ? 'order of days' : 'order', "SELECT rui.add_charge(1, 'repair', " . money($quantity) . ', ' . value($unit) . ', ' . value($payer)
		  . ", '$source', " . value($source_id) . ', ' . value($about) . ($from ? ', from_on => ' . day($from) . ', to_on => ' . day($to) : '') . key($at), 1, sub {
		$model->add_charge(id => ($_[0] // 0) + 0, item => 'repair', quantity => $quantity, unit => $unit, payer => $payer, about => $about, source => $source,
			source_id => $source_id, at => $at, from => $from, to => $to);
	});
}

sub late_fee
{
	my $at = when();
	my $about = one_of(grep { my @l = $model->late_fee($model->{charges}{$_}, $now); @l && $l[2] > 0 } ids('charges')) // some_charge() // return;
	command('late fee', "SELECT rui.charge_late_fee(1, $about" . key($at), 1, sub { $model->charge_late_fee(($_[0] // 0) + 0, $about, $at) });
}

sub charge_back
{
	my $id = some_charge() // return;
	my ($at, $again) = (when(), $model->{charges}{$id}{source} =~ /plan|meter/ && rand() < 0.7 ? 1 : 0);
	return payout('charge_reversal', $id) if !$again && rand() < 0.5;
	command('charge back', "SELECT rui.reverse_charge(1, $id, 'Wrong', " . ($again ? 'true' : 'false') . ', at => ' . at($at) . ')', 0,
		sub { $model->reverse_charge($id, $again, $at) });
}

1;
