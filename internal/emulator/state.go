package emulator

import (
	"encoding/json"
	"net/http"
)

// resource is a resource as /_localstack/resources lists it.
type resource struct {
	Region  string `json:"region_name"`
	Account string `json:"account_id"`
	ID      string `json:"id"`
}

// getResources lists all resources as NDJSON: a line for each type of CloudFormation, with all resources of that type.
// Without any the answer is empty.
func (c *control) getResources(w http.ResponseWriter, _ *http.Request) {
	buckets, err := c.s3.Buckets()
	if err != nil {
		c.log.Errorf("Cannot list the buckets: %v", err)
		answerText(w, http.StatusInternalServerError, "cannot list the buckets")
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	if len(buckets) == 0 {
		return
	}
	var list []resource
	for _, b := range buckets {
		list = append(list, resource{b.Region, b.Account, b.Name})
	}
	_ = json.NewEncoder(w).Encode(map[string][]resource{"AWS::S3::Bucket": list}) // the client may have gone
}

// resetState removes all buckets with everything in them, also those that are kept on disk. What PUT
// /_localstack/health has stored, the records of init hooks, and the volume's other files stay.
func (c *control) resetState(w http.ResponseWriter, _ *http.Request) {
	if err := c.s3.Reset(); err != nil {
		c.log.Errorf("Cannot reset the state: %v", err)
		answerText(w, http.StatusInternalServerError, "cannot reset the state")
		return
	}
	c.log.Info("The state was reset: all buckets were removed")
	answerText(w, http.StatusOK, "")
}

// resetService removes what one service has, as "localstack state reset --services s3" asks. Of the services here, only
// S3 has a state.
func (c *control) resetService(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("service")
	switch _, here := serviceStates()[name]; {
	case name == "s3":
		c.resetState(w, r)
	case here:
		answerText(w, http.StatusOK, "")
	default:
		c.notFound(w, r)
	}
}
