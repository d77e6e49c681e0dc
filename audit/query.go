package audit

import (
	"fmt"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// query answers a named question about objects of the Kubernetes API. What a node
// can show of it is judged; the rest needs cluster access.
func (e *evaluation) query(l catalog.Leaf) outcome {
	switch l.Name {
	case "bootstrap-tokens":
		return e.bootstrapTokens()
	case "image-provenance":
		return e.imageProvenance()
	}
	return needsCluster()
}

func needsCluster() outcome {
	return outcome{code: NeedsCluster, reason: "needs cluster access: this is judged from objects of the Kubernetes API, which this version does not read yet"}
}

// bootstrapTokens: where no API server on the node takes bootstrap tokens there is
// nothing to review (3.1.3).
func (e *evaluation) bootstrapTokens() outcome {
	pr := e.presence(catalog.APIServer)
	if len(pr.instances) == 0 {
		return needsCluster()
	}
	var evidence []Evidence
	for i := range pr.instances {
		p := &pr.instances[i]
		v := e.flag(p, "enable-bootstrap-token-auth")
		t, code, why := compare(catalog.OpIs, []string{"false"}, v)
		evidence = append(evidence, e.valueEvidence(catalog.Leaf{Op: catalog.OpIs}, p, v, []string{"false"}, t))
		switch {
		case t == undecided:
			return outcome{code: code, reason: why, evidence: evidence}
		case t == notMet:
			o := needsCluster()
			o.reason = "bootstrap tokens are accepted by this API server; which tokens exist and when they expire needs cluster access"
			o.evidence = evidence
			return o
		}
	}
	return outcome{truth: met, code: Met, reason: "bootstrap tokens are not accepted by this API server, so there is nothing to review", evidence: evidence}
}

// imageProvenance judges ImagePolicyWebhook where it is on; other engines that check
// images can only be seen in the cluster (5.5.1).
func (e *evaluation) imageProvenance() outcome {
	pr := e.presence(catalog.APIServer)
	if len(pr.instances) == 0 {
		return needsCluster()
	}
	var list []outcome
	for i := range pr.instances {
		p := &pr.instances[i]
		on := e.plugin(catalog.Leaf{Component: catalog.APIServer, Selector: catalog.SelectPlugin, Name: "ImagePolicyWebhook",
			Op: catalog.OpIs, Want: []string{"enabled"}}, p)
		if on.truth != met {
			o := needsCluster()
			o.reason = "ImagePolicyWebhook is off; whether another engine checks images needs cluster access"
			o.evidence = on.evidence
			if on.truth == undecided {
				o.code, o.reason = on.code, on.reason
			}
			list = append(list, o)
			continue
		}
		o := e.admissionPlugin(p, "ImagePolicyWebhook", facts.ImagePolicyForm, func(doc map[string]any, where string) outcome {
			if _, ok := lookUp(doc, "imagePolicy"); !ok {
				return outcome{code: ValueMalformed, reason: "the configuration of ImagePolicyWebhook has no imagePolicy (" + where + ")"}
			}
			x, given := lookUp(doc, "imagePolicy.defaultAllow")
			open, ok := x.(bool)
			if given && !ok {
				return outcome{code: ValueMalformed, reason: "defaultAllow of ImagePolicyWebhook is " + show(x) + ", which is not a bool (" + where + ")"}
			}
			ev := seen("defaultAllow of ImagePolicyWebhook", fmt.Sprint(open), "false", met)
			ev.Note = where
			if open {
				ev.Met = verdict(notMet)
				return outcome{truth: notMet, code: NotMet, reason: "ImagePolicyWebhook is on and fails open: defaultAllow is true", evidence: []Evidence{ev}}
			}
			return outcome{truth: met, code: Met, reason: "ImagePolicyWebhook is on and refuses what it cannot check", evidence: []Evidence{ev}}
		})
		o.evidence = append(on.evidence, o.evidence...)
		list = append(list, o)
	}
	return allOf(list)
}
