//! Alerts: what a report watches, each metric with a threshold in its own unit.

use rust_decimal::Decimal;

use crate::policy::{Alert, Metric};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Threshold};

use super::{Checker, error};

impl Checker<'_> {
    /// Every alert that has no error.
    pub(super) fn lower_alerts(&mut self) -> Vec<Alert> {
        let all = self.all;
        all.alerts.iter().filter_map(|alert| self.lower_alert(alert)).collect()
    }

    fn lower_alert(&mut self, written: &ast::Alert) -> Option<Alert> {
        let metric = self.metric(&written.metric.node);
        let threshold = self.threshold(written);
        let only = written.only.as_ref().map(|only| self.condition(only));
        let text = self.sources.text(Span::new(written.metric.span.start, written.span.end));
        Some(Alert {
            metric: metric?,
            order: written.order,
            threshold: threshold?,
            only,
            text: text.split_whitespace().collect::<Vec<&str>>().join(" "),
            span: written.span,
        })
    }

    fn metric(&mut self, metric: &ast::Metric) -> Option<Metric> {
        Some(match metric {
            ast::Metric::FallbackShare => Metric::FallbackShare,
            ast::Metric::UnreadCells => Metric::UnreadCells,
            ast::Metric::Latency(of) => Metric::Latency(*of),
            ast::Metric::ResponseTime(of) => Metric::ResponseTime(*of),
            ast::Metric::Gini(name)
                if self.people.team(&name.node).is_none() && self.people.rep(&name.node).is_some() =>
            {
                return self.refuse(error::gini_of_one(name));
            }
            ast::Metric::Gini(team) => Metric::Gini(self.team(team)?),
        })
    }

    /// The threshold in the metric's unit.
    fn threshold(&mut self, alert: &ast::Alert) -> Option<Decimal> {
        let Spanned { node: threshold, span } = &alert.threshold;
        let written = self.sources.text(*span);
        match (&alert.metric.node, threshold) {
            (ast::Metric::FallbackShare | ast::Metric::UnreadCells, Threshold::Percent(percent)) => {
                if *percent < Decimal::ZERO || *percent > Decimal::ONE_HUNDRED {
                    return self.refuse(error::no_percentage(written.trim_end_matches('%').trim(), *span));
                }
                Some(*percent)
            }
            (ast::Metric::Latency(_) | ast::Metric::ResponseTime(_), Threshold::Time(time)) => {
                Some(Decimal::from(time.seconds))
            }
            (ast::Metric::Gini(_), Threshold::Number(number)) => {
                if *number < Decimal::ZERO || *number > Decimal::ONE {
                    return self.refuse(error::no_gini(written, *span));
                }
                Some(*number)
            }
            (metric, _) => {
                let (wanted, example) = unit(metric);
                let metric = self.sources.text(alert.metric.span);
                self.refuse(error::threshold_of_other_unit(metric, written, wanted, example, *span))
            }
        }
    }
}

/// What a metric is compared with, in words and as an example.
fn unit(metric: &ast::Metric) -> (&'static str, &'static str) {
    match metric {
        ast::Metric::FallbackShare => ("a percentage", "fallback share > 5 %"),
        ast::Metric::UnreadCells => ("a percentage", "unread cells > 2 %"),
        ast::Metric::Latency(_) => ("a time", "latency > 60 seconds"),
        ast::Metric::ResponseTime(_) => ("a time", "response time > 1 hour"),
        ast::Metric::Gini(_) => ("a number from 0 to 1", "gini of team NAME > 0.1"),
    }
}
