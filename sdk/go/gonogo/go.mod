module gonogo

go 1.27
